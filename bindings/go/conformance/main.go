//go:build go1.20

// The agent of this binding for the conformance tests: it does what a line of JSON on stdin says and
// answers with one on stdout. tests/conformance/README.md has the verbs.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// A message is a request, reply or event: what JSON has.
type message map[string]any

func (m message) text(key string) string {
	text, _ := m[key].(string)
	return text
}

func (m message) number(key string) int64 {
	number, _ := m[key].(float64)
	return int64(number)
}

func (m message) texts(key string) []string {
	var texts []string
	list, _ := m[key].([]any)
	for _, each := range list {
		texts = append(texts, fmt.Sprint(each))
	}
	return texts
}

func main() {
	agent := newAgent()
	var underWay sync.WaitGroup
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		request := message{}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		agent.expect(request)
		underWay.Add(1)
		go func() {
			defer underWay.Done()
			agent.answer(request)
		}()
	}
	agent.close()
	underWay.Wait()
}
