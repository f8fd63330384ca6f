// Reads patterns and texts as lines of JSON, and writes what Go's regexp makes of them: the error, or whether each text
// matches, and all matches in it.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
)

type question struct {
	Pattern string   `json:"pattern"`
	Texts   []string `json:"texts"`
}

type answer struct {
	Error   string     `json:"error"`
	Matches []bool     `json:"matches"`
	All     [][]string `json:"all"`
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	buffer := bufio.NewWriter(os.Stdout)
	defer buffer.Flush()
	out := json.NewEncoder(buffer)
	out.SetEscapeHTML(false)
	for in.More() {
		var asked question
		if err := in.Decode(&asked); err != nil {
			panic(err)
		}
		given := answer{Matches: []bool{}, All: [][]string{}}
		pattern, err := regexp.Compile(asked.Pattern)
		if err != nil {
			given.Error = err.Error()
		} else {
			for _, text := range asked.Texts {
				given.Matches = append(given.Matches, pattern.MatchString(text))
				given.All = append(given.All, append([]string{}, pattern.FindAllString(text, -1)...))
			}
		}
		if err := out.Encode(given); err != nil {
			panic(err)
		}
	}
}
