// Receives what Seawall decides: verifies it, acts once, and answers.
//
//	go run receiver.go -listen 127.0.0.1:9100 -secret-file hook.secret -store acted.jsonl
//
// Write your own calls into act. Everything else can stay as it is. It needs the standard
// library alone; `verify` does what the library of Standard Webhooks for Go does for v1
// (github.com/standard-webhooks/standard-webhooks/libraries/go), and v1a besides.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	bodyBytesMax = 1_000_000
	tolerance    = 5 * time.Minute
)

type told struct {
	Type string `json:"type"`
	Data struct {
		Action  string  `json:"action"`
		Verb    string  `json:"verb"`
		Until   *string `json:"until"`
		Subject struct {
			Type    string `json:"type"`
			Account string `json:"account"`
			Post    string `json:"post,omitempty"`
		} `json:"subject"`
		Notice        json.RawMessage   `json:"notice"`
		WithheldUntil *string           `json:"notice_withheld_until"`
		Notices       []json.RawMessage `json:"notices,omitempty"`
		Appeal        json.RawMessage   `json:"appeal"`
	} `json:"data"`
}

type line struct {
	ID   string `json:"id"`
	Told told   `json:"told"`
}

type receiver struct {
	mutex   sync.Mutex
	secret  string
	store   *os.File
	acted   map[string]bool
	inForce map[string]told
}

// act does what is asked; false if it is nothing that we know how to do. Make your calls
// repeatable by Data.Action: after a crash before the line is kept, the same comes again.
func (r *receiver) act(t told) bool {
	if t.Type == "seawall.action.undo" {
		delete(r.inForce, t.Data.Action) // restore, reinstate, unrestrict, uncover, unlabel
		return true
	}
	if t.Type == "seawall.notice" {
		return true // Here: show the account each of Data.Notices. Nothing else is to be done.
	}
	if t.Type != "seawall.action.do" {
		return false
	}
	switch t.Data.Verb {
	case "remove", "suspend", "restrict", "interstitial", "label":
		r.inForce[t.Data.Action] = t
		// Here: show the account Data.Notice, in its language, and the link of Data.Appeal.
		// Both are null while an order forbids that, until Data.WithheldUntil.
		return true
	}
	return false
}

// verify checks the signature: `whsec_…` is HMAC (v1), `whpk_…` is Ed25519 (v1a).
func verify(secret string, body []byte, header http.Header, now time.Time) error {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if id == "" || err != nil {
		return errors.New("a header is missing")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return errors.New("too old, or from the future")
	}
	said := append([]byte(id+"."+sent+"."), body...)
	prefix, version := "whsec_", "v1"
	if strings.HasPrefix(secret, "whpk_") {
		prefix, version = "whpk_", "v1a"
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, prefix))
	if err != nil || len(key) < 24 {
		return errors.New("the secret is none")
	}
	for _, signature := range strings.Split(header.Get("webhook-signature"), " ") {
		name, text, _ := strings.Cut(signature, ",")
		given, err := base64.StdEncoding.DecodeString(text)
		if err != nil || name != version {
			continue
		}
		if version == "v1a" {
			if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, said, given) {
				return nil
			}
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(said)
		if hmac.Equal(mac.Sum(nil), given) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

func (r *receiver) receive(body []byte, header http.Header) int {
	if verify(r.secret, body, header, time.Now()) != nil {
		return http.StatusUnauthorized
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	next := line{ID: header.Get("webhook-id")}
	if r.acted[next.ID] {
		return http.StatusNoContent // Had acted before.
	}
	if json.Unmarshal(body, &next.Told) != nil || !r.act(next.Told) {
		return http.StatusUnprocessableEntity // It waits in GET /v1/delivery?state=refused.
	}
	kept, err := json.Marshal(next)
	if err == nil {
		_, err = r.store.Write(append(kept, '\n'))
	}
	if err == nil {
		err = r.store.Sync() // Before the answer: who answered 2xx has acted.
	}
	if err != nil {
		log.Fatal(err) // Half a line may be kept: a new start drops it, and it is sent again.
	}
	r.acted[next.ID] = true
	return http.StatusNoContent
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodyBytesMax))
	if err != nil || request.Method != http.MethodPost {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	w.WriteHeader(r.receive(body, request.Header))
}

// reopen reads what was acted on; a line cut off by a crash was never answered.
func (r *receiver) reopen(path string) error {
	store, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	var whole int64
	for lines := bufio.NewReader(store); ; {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var before line
		if err := json.Unmarshal(bytes.TrimSpace(text), &before); err != nil {
			return err
		}
		whole += int64(len(text))
		r.acted[before.ID] = true
		r.act(before.Told)
	}
	if err := store.Truncate(whole); err != nil {
		return err
	}
	_, err = store.Seek(whole, io.SeekStart)
	r.store = store
	return err
}

func main() {
	listen := flag.String("listen", "127.0.0.1:9100", "where to listen")
	secret := flag.String("secret-file", "hook.secret", "file with the secret")
	store := flag.String("store", "acted.jsonl", "what was acted on")
	flag.Parse()
	text, err := os.ReadFile(*secret)
	if err != nil {
		log.Fatal(err)
	}
	r := &receiver{
		secret:  strings.TrimSpace(string(text)),
		acted:   map[string]bool{},
		inForce: map[string]told{},
	}
	if err := r.reopen(*store); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("receiving at http://%s\n", listener.Addr())
	server := &http.Server{Handler: r, ReadTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}
