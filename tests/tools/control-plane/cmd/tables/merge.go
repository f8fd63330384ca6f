package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	"lockstep/controlplane/internal/structs"
)

const mergeHead = `# Types of the built-in kinds, Kubernetes 1.36, from its OpenAPI documents and the JSON tags of k8s.io/api: written by
# tests/tools/control-plane/cmd/tables, which keeps the lines at the end that are written by hand.
# NAME: members; NAME! is atomic. A member: name[=default of a key] type [~merge key of strategic patches] [+ for retainKeys].
# Types: s text, n number, b boolean, a any scalar, j any JSON,
# [x] atomic list, [x=] set, [x:k,k] list by keys, {x} map, {x}! atomic map. A name that two groups have is preceded by its package.
`

// The table of types for merges and field owners.
func mergeTypes(documents documents) string {
	var kinds []kind
	for _, kind := range served(documents) {
		// Definitions describe themselves in lines written by hand; events are stored in the core group's form.
		if kind.Group != "apiextensions.k8s.io" && kind.Group != "events.k8s.io" {
			kinds = append(kinds, kind)
		}
	}
	types := reachable(kinds)
	names := map[string]int{}
	// Structs without a schema are embedded in others.
	types = slices.DeleteFunc(types, func(of reflect.Type) bool { return documents.schema(of) == nil })
	for _, of := range types {
		names[of.Name()]++
	}
	table := mergeTable{documents: documents, names: names, keys: documents.listKeys()}
	lines := make([]string, 0, len(types))
	for _, of := range types {
		lines = append(lines, table.line(of))
	}
	sort.Strings(lines)
	return mergeHead + strings.Join(lines, "\n") + "\n"
}

type mergeTable struct {
	documents documents
	names     map[string]int
	keys      map[string]bool
}

func (t mergeTable) name(of reflect.Type) string {
	if t.names[of.Name()] > 1 {
		return structs.Qualified(of)
	}
	return of.Name()
}

// The line of a type; one that is longer than the page is continued on indented lines.
func (t mergeTable) line(of reflect.Type) string {
	definition := t.documents.schema(of)
	var all []string
	t.members(of, definition, &all)
	sort.Strings(all)
	atomic := ""
	if definition.MapType == "atomic" {
		atomic = "!"
	}
	return wrap(t.name(of)+atomic+":", all, ";", "  ")
}

func (t mergeTable) members(of reflect.Type, definition *property, all *[]string) {
	for _, field := range structs.Members(of) {
		if field.Inline {
			t.members(field.Type, definition, all)
			continue
		}
		described := definition.Properties[field.Key]
		if described == nil {
			described = &property{}
		}
		text := field.Key + t.defaultOf(field.Key, described) + " " + t.reference(field.Type, described)
		for _, strategy := range strings.Split(described.PatchStrategy, ",") {
			switch strategy {
			case "merge":
				text += " ~" + described.PatchMergeKey
			case "retainKeys":
				text += " +"
			}
		}
		*all = append(*all, text)
	}
}

func (t mergeTable) defaultOf(name string, described *property) string {
	if described.Default == nil || !t.keys[name] {
		return ""
	}
	if _, isObject := described.Default.(map[string]any); isObject {
		return ""
	}
	text, err := json.Marshal(described.Default)
	must(err)
	return "=" + string(text)
}

func (t mergeTable) reference(of reflect.Type, described *property) string {
	switch structs.Special(of) {
	case "time", "microtime", "quantity", "intstr":
		return "a"
	case "raw", "fields":
		return "j"
	}
	switch of.Kind() {
	case reflect.Pointer:
		return t.reference(of.Elem(), described)
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64:
		return "n"
	case reflect.Struct:
		return t.name(of)
	case reflect.Map:
		atomic := ""
		if described.MapType == "atomic" {
			atomic = "!"
		}
		return "{" + t.reference(of.Elem(), &property{}) + "}" + atomic
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "s"
		}
		items := t.reference(of.Elem(), &property{})
		switch described.ListType {
		case "set":
			return "[" + items + "=]"
		case "map":
			return "[" + items + ":" + strings.Join(described.ListMapKeys, ",") + "]"
		}
		return "[" + items + "]"
	}
	panic(fmt.Sprintf("no type for %v", of))
}
