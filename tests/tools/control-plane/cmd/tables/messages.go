package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"lockstep/controlplane/internal/structs"
)

const messagesHead = `# The protobuf messages of the built-in kinds of Kubernetes 1.36, from the tags of k8s.io/api's Go types: written by
# tests/tools/control-plane/cmd/tables, which keeps the lines at the end that are written by hand.
#
#   @GROUP/VERSION KIND = MESSAGE
#   MESSAGE: NUMBER NAME TYPE, …        TYPE is []T for a list, {}T for a map of texts to T; NAME is - for an embedded message
#
# A type ends in ? if absent and zero differ (a pointer in Go), and in ! if JSON shows it even when it is zero.
`

// The table of messages.
func messages(documents documents) string {
	var kinds []kind
	var lines []string
	add := func(named schema.GroupVersionKind, of reflect.Type) {
		kinds = append(kinds, kind{named, of})
		lines = append(lines, fmt.Sprintf("@%s %s = %s", named.GroupVersion(), named.Kind, structs.Qualified(of)))
	}
	for _, kind := range served(documents) {
		if kind.Group == "apiextensions.k8s.io" {
			continue
		}
		add(kind.GroupVersionKind, kind.of)
		list := kind.GroupVersion().WithKind(kind.Kind + "List")
		if of, known := scheme.Scheme.AllKnownTypes()[list]; known {
			add(list, of)
		}
	}
	v1, metaV1 := schema.GroupVersion{Version: "v1"}, schema.GroupVersion{Group: "meta.k8s.io", Version: "v1"}
	add(v1.WithKind("Status"), reflect.TypeFor[meta.Status]())
	add(v1.WithKind("DeleteOptions"), reflect.TypeFor[meta.DeleteOptions]())
	add(metaV1.WithKind("PartialObjectMetadata"), reflect.TypeFor[meta.PartialObjectMetadata]())
	add(metaV1.WithKind("PartialObjectMetadataList"), reflect.TypeFor[meta.PartialObjectMetadataList]())
	for _, of := range reachable(kinds) {
		lines = append(lines, message(of))
	}
	sort.SliceStable(lines, func(i, j int) bool {
		a, b := lines[i], lines[j]
		return a[0] == '@' && b[0] != '@'
	})
	lines = append(lines, "meta.Texts: 1 items []string", "runtime.TypeMeta: 1 apiVersion string, 2 kind string")
	return messagesHead + strings.Join(lines, "\n") + "\n"
}

func message(of reflect.Type) string {
	var fields []string
	for _, field := range structs.Members(of) {
		tag := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		name := field.Key
		if field.Inline {
			name = "-"
		}
		text := tag[1] + " " + name + " " + wireType(field.Type)
		switch {
		case field.Type.Kind() == reflect.Pointer:
			text += "?"
		case !field.Omitempty && !field.Omitzero && !field.Inline:
			text += "!"
		}
		fields = append(fields, text)
	}
	return wrap(structs.Qualified(of)+":", fields, ",", "    ")
}

func wireType(of reflect.Type) string {
	if special := structs.Special(of); special != "" {
		return special
	}
	switch of.Kind() {
	case reflect.Pointer:
		return wireType(of.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "int"
	case reflect.Float64:
		return "double"
	case reflect.Struct:
		return structs.Qualified(of)
	case reflect.Map:
		// A list as the value of a map is a message.
		if of.Elem().Kind() == reflect.Slice && of.Elem().Elem().Kind() == reflect.String {
			return "{}meta.Texts"
		}
		return "{}" + wireType(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + wireType(of.Elem())
	}
	panic(fmt.Sprintf("no wire type for %v", of))
}
