// Reads deliveries as lines of JSON, and writes what encoding/json makes of their bodies: the alerts or the event, or
// whether the body breaks the grammar or has a value of another type.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"time"
)

type delivery struct {
	Source string `json:"source"`
	Body   []byte `json:"body"`
}

type instant struct {
	Second     int64 `json:"second"`
	Nanosecond int   `json:"nanosecond"`
}

type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
}

type webhook struct {
	Alerts            []alert           `json:"alerts"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	Receiver          string            `json:"receiver"`
	GroupKey          string            `json:"groupKey"`
}

type event struct {
	InvolvedObject struct {
		Kind       string `json:"kind"`
		Name       string `json:"name"`
		Namespace  string `json:"namespace"`
		APIVersion string `json:"apiVersion"`
	} `json:"involvedObject"`
	Reason         string    `json:"reason"`
	Message        string    `json:"message"`
	Type           string    `json:"type"`
	FirstTimestamp time.Time `json:"firstTimestamp"`
	LastTimestamp  time.Time `json:"lastTimestamp"`
	EventTime      time.Time `json:"eventTime"`
	Series         struct {
		LastObservedTime time.Time `json:"lastObservedTime"`
	} `json:"series"`
	Source struct {
		Component string `json:"component"`
	} `json:"source"`
	ReportingComponent string `json:"reportingComponent"`
}

func set(t time.Time) *instant {
	if !t.After(time.Unix(0, 0)) {
		return nil
	}
	return &instant{t.Unix(), t.Nanosecond()}
}

func overridden(own, common map[string]string) map[string]string {
	all := map[string]string{}
	for _, from := range []map[string]string{own, common} {
		for name, value := range from {
			all[name] = value
		}
	}
	return all
}

func alerts(body []byte) (any, error) {
	var group webhook
	if err := json.Unmarshal(body, &group); err != nil {
		return nil, err
	}
	read := []any{}
	for _, a := range group.Alerts {
		read = append(read, map[string]any{
			"resolved":    a.Status == "resolved",
			"labels":      overridden(a.Labels, group.CommonLabels),
			"annotations": overridden(a.Annotations, group.CommonAnnotations),
			"startsAt":    set(a.StartsAt),
		})
	}
	return read, nil
}

func oneEvent(body []byte) (any, error) {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, err
	}
	component := e.Source.Component
	if component == "" {
		component = e.ReportingComponent
	}
	seen := []time.Time{e.LastTimestamp, e.Series.LastObservedTime, e.EventTime, e.FirstTimestamp}
	var last *instant
	for _, t := range seen {
		if last == nil {
			last = set(t)
		}
	}
	object := e.InvolvedObject
	return map[string]any{
		"object": []string{object.Kind, object.Name, object.Namespace, object.APIVersion},
		"texts":  []string{e.Reason, e.Message, e.Type, component},
		"seen":   last,
	}, nil
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	buffer := bufio.NewWriter(os.Stdout)
	defer buffer.Flush()
	out := json.NewEncoder(buffer)
	for in.More() {
		var asked delivery
		if err := in.Decode(&asked); err != nil {
			panic(err)
		}
		read := alerts
		if asked.Source == "event" {
			read = oneEvent
		}
		value, err := read(asked.Body)
		refused := ""
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			refused = "grammar"
		} else if err != nil {
			refused = "type"
		}
		if err := out.Encode(map[string]any{"refused": refused, "value": value}); err != nil {
			panic(err)
		}
	}
}
