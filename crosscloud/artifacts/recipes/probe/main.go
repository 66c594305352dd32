// Command probe is what the end-to-end checks run inside a cluster.
//
// "probe serve" answers HTTP and UDP on port 8080 with the name of the pod it runs in, so that a caller sees which
// pod it reached. "probe run" reads one line of JSON, a plan of requests, makes them all at the same time, and writes
// one line of JSON with what came back. It judges nothing: whether an answer is right is decided by the caller.
//
// One module is needed beside the standard library: github.com/miekg/dns. The image has the command as its entry point and
// on its PATH, as "probe"; it writes no file and needs no user, group or capability of its own.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

const (
	listen = ":8080"
	// The longest answer that is passed on: a probe's own answers are far shorter.
	maxBody = 4096
	// How many requests are under way at once: a plan of a large cluster must not exhaust a small pod.
	parallel = 64
)

// request is one thing to try. Target is an address with a port; Name and Type are those of a DNS question.
type request struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"` // http, udp or dns
	Target    string `json:"target"`
	Network   string `json:"network"` // udp or tcp, for dns
	Name      string `json:"name"`
	Type      string `json:"type"`
	TimeoutMS int    `json:"timeout_ms"`
}

// record is one resource record, its data in the presentation format of RFC 1035.
type record struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data string `json:"data"`
}

// result is what a request brought. Error is empty when there was an answer, whatever the answer says.
type result struct {
	ID            string   `json:"id"`
	Error         string   `json:"error,omitempty"`
	Body          string   `json:"body,omitempty"`
	Rcode         string   `json:"rcode,omitempty"`
	Authoritative bool     `json:"authoritative,omitempty"`
	Truncated     bool     `json:"truncated,omitempty"`
	Answers       []record `json:"answers,omitempty"`
	Milliseconds  int64    `json:"ms"`
}

// report is the one line that "probe run" writes: the results, and the resolver that the kubelet gave to this pod.
type report struct {
	Pod         string   `json:"pod"`
	Node        string   `json:"node"`
	Nameservers []string `json:"nameservers"`
	Search      []string `json:"search"`
	Results     []result `json:"results"`
}

func main() {
	command := ""
	if len(os.Args) == 2 {
		command = os.Args[1]
	}
	var err error
	switch command {
	case "serve":
		err = serve()
	case "run":
		err = run(os.Stdin, os.Stdout)
	default:
		err = errors.New("usage: probe serve | probe run < PLAN")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

// serve answers until it is told to stop; it stops at once, so that deleting the pod takes no grace period.
func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	packets, err := net.ListenPacket("udp", listen)
	if err != nil {
		return err
	}
	defer packets.Close()
	failed := make(chan error, 2)
	go func() { failed <- echo(packets) }()
	server := &http.Server{Addr: listen, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getenv("POD_NAME")) })}
	defer server.Close()
	go func() { failed <- server.ListenAndServe() }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// echo answers each packet with the pod's name and the packet.
func echo(packets net.PacketConn) error {
	buffer := make([]byte, 512)
	for {
		n, from, err := packets.ReadFrom(buffer)
		if err != nil {
			return err
		}
		answer := append([]byte(os.Getenv("POD_NAME")+" "), buffer[:n]...)
		if _, err := packets.WriteTo(answer, from); err != nil {
			fmt.Fprintln(os.Stderr, "probe: answering", from, err)
		}
	}
}

// run makes the requests of the plan, and writes the report in the order of the plan.
func run(in io.Reader, out io.Writer) error {
	// The caller's connection can't close its standard input alone, so a plan ends with its line.
	line, err := bufio.NewReader(in).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	var plan struct {
		Requests []request `json:"requests"`
	}
	if err := json.Unmarshal(line, &plan); err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	said := report{Pod: os.Getenv("POD_NAME"), Node: os.Getenv("NODE_NAME"), Results: make([]result, len(plan.Requests))}
	if resolver, err := dns.ClientConfigFromFile("/etc/resolv.conf"); err == nil {
		said.Nameservers, said.Search = resolver.Servers, resolver.Search
	}
	slots := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i, r := range plan.Requests {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			said.Results[i] = try(r)
		})
	}
	all.Wait()
	return json.NewEncoder(out).Encode(said)
}

func try(r request) result {
	timeout := time.Duration(r.TimeoutMS) * time.Millisecond
	start := time.Now()
	var res result
	var err error
	switch r.Kind {
	case "http":
		res.Body, err = tryHTTP(r.Target, timeout)
	case "udp":
		res.Body, err = tryUDP(r.Target, r.ID, timeout)
	case "dns":
		res, err = tryDNS(r, timeout)
	default:
		err = fmt.Errorf("unknown kind %q", r.Kind)
	}
	res.ID, res.Milliseconds = r.ID, time.Since(start).Milliseconds()
	if err != nil {
		res.Error = err.Error()
	}
	return res
}

func tryHTTP(target string, timeout time.Duration) (string, error) {
	// A connection of its own for each request, so that a service balances each of them anew; no proxy.
	client := &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + target + "/")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return string(body), err
}

func tryUDP(target, payload string, timeout time.Duration) (string, error) {
	connection, err := net.DialTimeout("udp", target, timeout)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", err
	}
	if _, err := connection.Write([]byte(payload)); err != nil {
		return "", err
	}
	buffer := make([]byte, maxBody)
	n, err := connection.Read(buffer)
	return string(buffer[:n]), err
}

func tryDNS(r request, timeout time.Duration) (result, error) {
	kind, known := dns.StringToType[r.Type]
	if !known {
		return result{}, fmt.Errorf("unknown record type %q", r.Type)
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(r.Name), kind)
	question.SetEdns0(dns.DefaultMsgSize, false) // a headless service's answer may not fit 512 bytes
	client := &dns.Client{Net: r.Network, Timeout: timeout}
	answer, _, err := client.Exchange(question, r.Target)
	if err != nil {
		return result{}, err
	}
	res := result{Rcode: dns.RcodeToString[answer.Rcode], Authoritative: answer.Authoritative, Truncated: answer.Truncated}
	for _, rr := range answer.Answer {
		header := rr.Header()
		data := strings.TrimPrefix(rr.String(), header.String())
		res.Answers = append(res.Answers, record{Name: header.Name, Type: dns.TypeToString[header.Rrtype], Data: data})
	}
	return res, nil
}
