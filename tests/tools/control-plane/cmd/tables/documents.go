package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"log"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strings"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/printers"
	internalprinters "k8s.io/kubernetes/pkg/printers/internalversion"
)

// The discovery documents of Kubernetes, and the OpenAPI schemas of a server.
type documents struct {
	discovery discovery
	// Schemas of OpenAPI v3 by name, as they are and as far as the tables need them.
	schemas map[string]json.RawMessage
	parsed  map[string]*property
}

type discovery struct{ Items []group }

type group struct {
	Metadata struct{ Name string }
	Versions []version
}

type version struct {
	Version   string
	Resources []resource
}

type resource struct {
	ResponseKind responseKind
	Subresources []subresource
}

type subresource struct{ ResponseKind responseKind }

type responseKind struct{ Group, Version, Kind string }

type property struct {
	Properties    map[string]*property
	Default       any
	ListType      string   `json:"x-kubernetes-list-type"`
	ListMapKeys   []string `json:"x-kubernetes-list-map-keys"`
	MapType       string   `json:"x-kubernetes-map-type"`
	PatchStrategy string   `json:"x-kubernetes-patch-strategy"`
	PatchMergeKey string   `json:"x-kubernetes-patch-merge-key"`
}

// A kube-apiserver on this machine with its defaults. Its documents have the values of enumerations, which those in the
// module lack.
type server struct{ url, token string }

func (s server) read(path string, into any) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	request, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	must(err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Accept", "application/json")
	answer, err := (&http.Client{Transport: transport}).Do(request)
	must(err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s", path, answer.Status)
	}
	must(json.NewDecoder(answer.Body).Decode(into))
}

func readDocuments(folder string, server server) documents {
	read := documents{schemas: map[string]json.RawMessage{}, parsed: map[string]*property{}}
	var core, groups discovery
	readJSON(filepath.Join(folder, "discovery", "aggregated_v2.json"), &groups)
	core = coreDiscovery(filepath.Join(folder, "discovery", "api__v1.json"))
	read.discovery.Items = append(core.Items, groups.Items...)
	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	server.read("/openapi/v3", &index)
	for name, document := range index.Paths {
		// Only the documents of group versions have schemas of kinds.
		if strings.Count(name, "/") == 0 {
			continue
		}
		var content struct {
			Components struct{ Schemas map[string]json.RawMessage }
		}
		server.read(document.ServerRelativeURL, &content)
		for schema, text := range content.Components.Schemas {
			if strings.HasPrefix(schema, "io.k8s.") && !shared(schema) {
				read.schemas[schema] = text
			}
		}
	}
	for name, schema := range read.schemas {
		read.parsed[name] = &property{}
		must(json.Unmarshal(schema, read.parsed[name]))
	}
	return read
}

// Whether every document has a schema of this name, with the group versions that it knows.
func shared(name string) bool {
	return strings.HasSuffix(name, "meta.v1.DeleteOptions") || strings.HasSuffix(name, "meta.v1.WatchEvent")
}

// The core group's discovery in the form of the others.
func coreDiscovery(path string) discovery {
	var list struct {
		Resources []struct{ Name, Group, Version, Kind string }
	}
	readJSON(path, &list)
	var resources []resource
	for _, found := range list.Resources {
		resources = append(resources, resource{ResponseKind: responseKind{found.Group, found.Version, found.Kind}})
	}
	// Subresources come as resources of their own here, some with the kind of another group.
	for i := range resources {
		if own := resources[i].ResponseKind; own.Version != "" {
			resources[i].ResponseKind = responseKind{Kind: ""}
			resources[i].Subresources = append(resources[i].Subresources, subresource{own})
		}
	}
	return discovery{Items: []group{{Versions: []version{{Version: "v1", Resources: resources}}}}}
}

// The schema of a Go type; nil if it has none.
func (d documents) schema(of reflect.Type) *property {
	path := strings.NewReplacer("k8s.io/api/", "io.k8s.api/", "k8s.io/apimachinery/", "io.k8s.apimachinery/",
		"k8s.io/kube-aggregator/", "io.k8s.kube-aggregator/").Replace(of.PkgPath())
	name := strings.ReplaceAll(path, "/", ".") + "." + of.Name()
	return d.parsed[name]
}

// The names of all members that are keys of lists.
func (d documents) listKeys() map[string]bool {
	keys := map[string]bool{}
	for _, schema := range d.parsed {
		for _, member := range schema.Properties {
			for _, key := range member.ListMapKeys {
				keys[key] = true
			}
		}
	}
	return keys
}

// The schemas, one per line, so that a diff shows which one changed.
func schemas(d documents) string {
	var names []string
	for name := range d.schemas {
		names = append(names, name)
	}
	sort.Strings(names)
	var lines []string
	for _, name := range names {
		var flat bytes.Buffer
		must(json.Compact(&flat, d.schemas[name]))
		lines = append(lines, `"`+name+`": `+flat.String())
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}\n"
}

// Collects the columns of the printers.
type collector map[string][]meta.TableColumnDefinition

func (c collector) TableHandler(columns []meta.TableColumnDefinition, print any) error {
	of := reflect.TypeOf(print).In(0).Elem()
	if _, isList := of.FieldByName("Items"); !isList {
		if _, known := c[of.Name()]; known {
			log.Fatalf("two kinds have the name %s", of.Name())
		}
		c[of.Name()] = columns
	}
	return nil
}

var _ printers.PrintHandler = collector{}

// The columns of the built-in kinds: name, type, format, priority, description.
func columns(documents documents) string {
	collected := collector{}
	internalprinters.AddHandlers(collected)
	var names []string
	object := meta.ObjectMeta{}.SwaggerDoc()
	// The aggregator prints its kind itself.
	collected["APIService"] = []meta.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name", Description: object["name"]},
		{Name: "Service", Type: "string", Description: "The reference to the service that hosts this API endpoint."},
		{Name: "Available", Type: "string", Description: "Whether this service is available."},
		{Name: "Age", Type: "string", Description: object["creationTimestamp"]},
	}
	// The server does not use this printer.
	delete(collected, "CSIStorageCapacity")
	for _, kind := range served(documents) {
		if collected[kind.Kind] != nil && !slices.Contains(names, kind.Kind) {
			names = append(names, kind.Kind)
		}
	}
	sort.Strings(names)
	shown := func(text string) string {
		switch text {
		case object["name"]:
			text = "$name"
		case object["creationTimestamp"]:
			text = "$age"
		}
		quoted, err := marshal(text)
		must(err)
		return quoted
	}
	quote := func(text string) string {
		quoted, err := marshal(text)
		must(err)
		return quoted
	}
	var out strings.Builder
	out.WriteString("{\n  \"$name\": " + quote(object["name"]) + ",\n  \"$age\": " + quote(object["creationTimestamp"]))
	// Kinds without a printer.
	collected[""] = []meta.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name", Description: object["name"]},
		{Name: "Created At", Type: "date", Description: object["creationTimestamp"]},
	}
	for _, name := range append([]string{""}, names...) {
		out.WriteString(",\n  " + quote(name) + ": [")
		for i, column := range collected[name] {
			if i > 0 {
				out.WriteString(",")
			}
			fields := []string{quote(column.Name), quote(column.Type), quote(column.Format)}
			priority, err := json.Marshal(column.Priority)
			must(err)
			fields = append(fields, string(priority), shown(column.Description))
			out.WriteString("\n    [" + strings.Join(fields, ", ") + "]")
		}
		out.WriteString("\n  ]")
	}
	out.WriteString("\n}\n")
	return out.String()
}

// JSON without escapes for HTML.
func marshal(text string) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(text)
	return strings.TrimSpace(out.String()), err
}
