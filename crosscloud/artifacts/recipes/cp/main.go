// Command cp copies one file, as much of cp(1) as init containers that install a file on the node use:
// cp [-f] SOURCE TARGET, where TARGET may be a folder. The copy is renamed into place, so that a program that is running
// from the old file, or about to, never sees half a file.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func copyFile(source, target string) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if to, err := os.Stat(target); err == nil && to.IsDir() {
		target = filepath.Join(target, filepath.Base(source))
	}
	out, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	if _, err = io.Copy(out, in); err != nil {
		return err
	}
	if err = out.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), target)
}

func main() {
	arguments := os.Args[1:]
	if len(arguments) > 0 && arguments[0] == "-f" {
		arguments = arguments[1:]
	}
	if len(arguments) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cp [-f] SOURCE TARGET")
		os.Exit(2)
	}
	if err := copyFile(arguments[0], arguments[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cp:", err)
		os.Exit(1)
	}
}
