// Writes the generated tables of the simulated API server: the types of the built-in kinds for merges and field owners,
// their protobuf messages, their OpenAPI schemas and their printer columns.
//
// Sources: the Go types of k8s.io/api with their tags, the OpenAPI documents of a running server with its defaults, and the
// discovery documents and printers in the module k8s.io/kubernetes. The server is on this machine, and its certificate is
// not checked. `go run ./cmd/tables ../../../sim/apiserver/src https://127.0.0.1:6443 TOKEN`
package main

import (
	"encoding/json"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"

	"lockstep/controlplane/internal/structs"
)

// Lines below this one are written by hand and kept.
const byHand = "# By hand:"

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: tables DIRECTORY URL TOKEN: the src folder of the simulated API server, a real one")
	}
	must(apiregistration.AddToScheme(scheme.Scheme))
	must(apiextensions.AddToScheme(scheme.Scheme))
	documents := readDocuments(filepath.Join(moduleDirectory("k8s.io/kubernetes"), "api"), server{os.Args[2], os.Args[3]})
	under := func(path ...string) string { return filepath.Join(append([]string{os.Args[1]}, path...)...) }
	writeTable(under("structured_merge", "kubernetes_1_36.txt"), mergeTypes(documents))
	writeTable(under("codec", "protobuf", "messages.txt"), messages(documents))
	must(os.WriteFile(under("endpoints", "openapi", "schemas.json"), []byte(schemas(documents)), 0o644))
	must(os.WriteFile(under("registry", "columns", "columns.json"), []byte(columns(documents)), 0o644))
}

// A kind that the server serves, or that the body of a subresource has.
type kind struct {
	schema.GroupVersionKind
	of reflect.Type
}

// The kinds of the discovery document, apart from alpha and beta versions, in its order.
func served(documents documents) []kind {
	var kinds []kind
	seen := map[schema.GroupVersionKind]bool{}
	add := func(named schema.GroupVersionKind) {
		of, known := scheme.Scheme.AllKnownTypes()[named]
		// Options are read from a query.
		if known && !seen[named] && !strings.HasSuffix(named.Kind, "Options") {
			seen[named] = true
			kinds = append(kinds, kind{named, of})
		}
	}
	for _, group := range documents.discovery.Items {
		for _, version := range group.Versions {
			if strings.Contains(version.Version, "alpha") || strings.Contains(version.Version, "beta") {
				continue
			}
			own := schema.GroupVersion{Group: group.Metadata.Name, Version: version.Version}
			for _, resource := range version.Resources {
				add(own.WithKind(resource.ResponseKind.Kind))
				for _, below := range resource.Subresources {
					group := own
					if below.ResponseKind.Version != "" {
						group = schema.GroupVersion{Group: below.ResponseKind.Group, Version: below.ResponseKind.Version}
					}
					add(group.WithKind(below.ResponseKind.Kind))
				}
			}
		}
	}
	return kinds
}

// The structs that the kinds consist of, including themselves.
func reachable(kinds []kind) []reflect.Type {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		of = structs.Element(of)
		if of.Kind() != reflect.Struct || structs.Special(of) != "" || seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			walk(of.Field(i).Type)
		}
	}
	for _, kind := range kinds {
		walk(kind.of)
	}
	var all []reflect.Type
	for of := range seen {
		if of.Name() != "TypeMeta" {
			all = append(all, of)
		}
	}
	sort.Slice(all, func(i, j int) bool { return structs.Qualified(all[i]) < structs.Qualified(all[j]) })
	return all
}

func moduleDirectory(module string) string {
	found, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	must(err)
	return strings.TrimSpace(string(found))
}

// Writes a table and keeps the lines of the file that are written by hand.
func writeTable(path, generated string) {
	old, err := os.ReadFile(path)
	must(err)
	if _, kept, found := strings.Cut(string(old), "\n"+byHand); found {
		generated += byHand + kept
	}
	must(os.WriteFile(path, []byte(generated), 0o644))
}

// Joins parts; a line that would be too long breaks after a separator, and the next one begins with `indent`.
func wrap(head string, parts []string, separator, indent string) string {
	const width = 135
	var out strings.Builder
	out.WriteString(head)
	used := len(head)
	for i, part := range parts {
		if i+1 < len(parts) {
			part += separator
		}
		if used+1+len(part) > width {
			out.WriteString("\n" + indent)
			used = len(indent)
		} else {
			out.WriteString(" ")
			used++
		}
		out.WriteString(part)
		used += len(part)
	}
	return out.String()
}

func readJSON(path string, into any) {
	text, err := os.ReadFile(path)
	must(err)
	must(json.Unmarshal(text, into))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
