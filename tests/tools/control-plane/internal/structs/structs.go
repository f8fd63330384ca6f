// Package structs describes Go's types of Kubernetes objects as their JSON tags do.
package structs

import (
	"reflect"
	"slices"
	"strings"
)

// PackageOf is the name of the package of a type: `core`, or `autoscaling/v2` for other versions than the first.
func PackageOf(of reflect.Type) string {
	parts := strings.Split(of.PkgPath(), "/")
	version := parts[len(parts)-1]
	if version == "v1" {
		return parts[len(parts)-2]
	}
	return parts[len(parts)-2] + "/" + version
}

// Qualified is the name of a type with its package.
func Qualified(of reflect.Type) string { return PackageOf(of) + "." + of.Name() }

// Element is the type of the values in pointers, lists and maps.
func Element(of reflect.Type) reflect.Type {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	return of
}

// Special is the name of a struct that has a form of its own in JSON and protobuf; empty for all others.
func Special(of reflect.Type) string {
	switch of.PkgPath() + "." + of.Name() {
	case "k8s.io/apimachinery/pkg/apis/meta/v1.Time":
		return "time"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":
		return "microtime"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":
		return "fields"
	case "k8s.io/apimachinery/pkg/api/resource.Quantity":
		return "quantity"
	case "k8s.io/apimachinery/pkg/util/intstr.IntOrString":
		return "intstr"
	case "k8s.io/apimachinery/pkg/runtime.RawExtension":
		return "raw"
	}
	return ""
}

// Member is a member of a struct as its JSON tag describes it.
type Member struct {
	reflect.StructField
	Key                 string
	Omitempty, Omitzero bool
	Inline              bool
}

// Members are the members of a struct that JSON has, in the order of the struct.
func Members(of reflect.Type) []Member {
	var all []Member
	for i := range of.NumField() {
		field := of.Field(i)
		parts := strings.Split(field.Tag.Get("json"), ",")
		if parts[0] == "-" {
			continue
		}
		has := func(option string) bool { return slices.Contains(parts[1:], option) }
		inline := has("inline") || field.Anonymous && parts[0] == ""
		all = append(all, Member{field, parts[0], has("omitempty"), has("omitzero"), inline})
	}
	return all
}
