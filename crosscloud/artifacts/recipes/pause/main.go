// Command pause holds a pod's namespaces open: it does nothing until it is told to stop, and reaps what is orphaned
// to it where the pod's containers share its process namespace.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 || err != nil {
			return
		}
	}
}

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGINT, syscall.SIGTERM)
	reap() // children that ended before the channel was open
	for s := range signals {
		if s != syscall.SIGCHLD {
			return
		}
		reap()
	}
}
