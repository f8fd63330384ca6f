// Prints the table of Go's types of the built-in kinds, by which the simulated API server decodes bodies: the structs of
// k8s.io/api with the names of their members, their types, and whether JSON has empty ones. It needs no server.
// `go run ./cmd/types > ../../../sim/apiserver/src/registry/go_types/kubernetes_1_36.txt`
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"

	"lockstep/controlplane/internal/structs"
)

const head = `# Go's types of the built-in kinds of Kubernetes 1.36, written by tests/tools/control-plane/cmd/types.
#
#   @GROUP/VERSION KIND = STRUCT
#   STRUCT: [!|~][EMBEDDED/]NAME TYPE, …     in the order of the struct; EMBEDDED is the path of embedded structs
#
# A member is absent if it is empty; ! is always written, ~ is absent if it is zero (omitzero). Types: string bool int32
# int64 float64 uint8, NAME=TYPE for a named type other than a struct, *T pointer, []T list, {}T map with texts as keys,
# {NAME}T with keys of a named type, and those with a form of their own: time microtime quantity intstr raw fields json
# schema|bool schema|list schema|texts. Any other word is a struct.
`

func main() {
	must(apiregistration.AddToScheme(scheme.Scheme))
	must(apiextensions.AddToScheme(scheme.Scheme))
	var lines []string
	seen := map[reflect.Type]bool{}
	for named, of := range scheme.Scheme.AllKnownTypes() {
		if !decoded(named) {
			continue
		}
		lines = append(lines, fmt.Sprintf("@%s %s = %s", named.GroupVersion(), named.Kind, structs.Qualified(of)))
		walk(of, seen)
	}
	options := reflect.TypeFor[meta.DeleteOptions]()
	lines = append(lines, "@v1 DeleteOptions = "+structs.Qualified(options))
	walk(options, seen)
	walk(reflect.TypeFor[meta.ObjectMeta](), seen)
	sort.Strings(lines)
	var types []string
	for of := range seen {
		types = append(types, line(of))
	}
	sort.Strings(types)
	fmt.Print(head + strings.Join(append(lines, types...), "\n") + "\n")
}

// Whether bodies of the kind occur: those of released versions that are not lists or options of a query.
func decoded(kind schema.GroupVersionKind) bool {
	for _, other := range []string{"alpha", "beta", "__internal"} {
		if strings.Contains(kind.Version, other) {
			return false
		}
	}
	for _, end := range []string{"List", "Options", "Event"} {
		if strings.HasSuffix(kind.Kind, end) && kind.Kind != "Event" {
			return false
		}
	}
	switch kind.Kind {
	case "Status", "APIGroup", "APIVersions", "ConversionReview", "AdmissionReview", "SerializedReference", "RangeAllocation",
		"ImageReview":
		return false
	}
	return kind.Group != "extensions"
}

func walk(of reflect.Type, seen map[reflect.Type]bool) {
	of = structs.Element(of)
	if of.Kind() != reflect.Struct || special(of) != "" || seen[of] {
		return
	}
	if of.Name() != "TypeMeta" {
		seen[of] = true
	}
	for _, member := range structs.Members(of) {
		walk(member.Type, seen)
	}
}

// The name of a type that decodes itself; empty for all others.
func special(of reflect.Type) string {
	if of.PkgPath() == reflect.TypeFor[apiextensions.JSON]().PkgPath() {
		switch of.Name() {
		case "JSON":
			return "json"
		case "JSONSchemaPropsOrBool":
			return "schema|bool"
		case "JSONSchemaPropsOrArray":
			return "schema|list"
		case "JSONSchemaPropsOrStringArray":
			return "schema|texts"
		}
	}
	name := structs.Special(of)
	if name == "" && reflect.PointerTo(of).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		log.Fatalf("%v decodes itself, and the table has no name for it", of)
	}
	return name
}

func line(of reflect.Type) string {
	var all []string
	members(of, "", &all)
	const width = 135
	out, used := structs.Qualified(of)+":", len(structs.Qualified(of))+1
	for i, member := range all {
		if i+1 < len(all) {
			member += ","
		}
		if used+1+len(member) > width {
			out, used = out+"\n ", 1
		}
		out, used = out+" "+member, used+1+len(member)
	}
	return out
}

func members(of reflect.Type, embedded string, all *[]string) {
	for _, member := range structs.Members(of) {
		if member.Inline {
			members(member.Type, strings.TrimPrefix(embedded+"."+member.Name, "."), all)
			continue
		}
		text := member.Key + " " + reference(member.Type)
		if embedded != "" {
			text = embedded + "/" + text
		}
		switch {
		case member.Omitzero:
			text = "~" + text
		case !member.Omitempty:
			text = "!" + text
		}
		*all = append(*all, text)
	}
}

func reference(of reflect.Type) string {
	if of.Kind() == reflect.Struct {
		if name := special(of); name != "" {
			return name
		}
		return structs.Qualified(of)
	}
	name := ""
	if of.PkgPath() != "" {
		name = of.String() + "="
	}
	switch of.Kind() {
	case reflect.Pointer:
		return name + "*" + reference(of.Elem())
	case reflect.Slice:
		return name + "[]" + reference(of.Elem())
	case reflect.Map:
		key := ""
		if of.Key().PkgPath() != "" {
			key = of.Key().String()
		}
		return name + "{" + key + "}" + reference(of.Elem())
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64, reflect.Uint8:
		return name + of.Kind().String()
	}
	log.Fatalf("no type for %v", of)
	return ""
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
