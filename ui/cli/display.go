package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// noDisplay says, where there is no display, what to do without; nil where
// there is one.
func noDisplay() error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" ||
		os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil
	}
	return errors.New("there is no display for the window (neither DISPLAY nor WAYLAND_DISPLAY is set): " +
		"use a command such as “agurscope inspect --recipe F PATH” (“agurscope --help” lists them), or “make run”, which brings a virtual display")
}

// displayState says in words which display there is and whether it answers.
func displayState() (text string, ok bool) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return "the system's own", true
	}
	if name := os.Getenv("WAYLAND_DISPLAY"); name != "" {
		socket := name
		if !filepath.IsAbs(socket) {
			socket = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), name)
		}
		if answers("unix", socket) {
			return "Wayland " + name, true
		}
		if os.Getenv("DISPLAY") == "" {
			return fmt.Sprintf("Wayland %s does not answer", name), false
		}
	}
	name := os.Getenv("DISPLAY")
	if name == "" {
		return "none (neither DISPLAY nor WAYLAND_DISPLAY is set)", false
	}
	host, number, _ := strings.Cut(name, ":")
	number, _, _ = strings.Cut(number, ".")
	if host == "" || host == "unix" {
		path := "/tmp/.X11-unix/X" + number
		if answers("unix", path) || answers("unix", "@"+path) {
			return "X11 " + name, true
		}
		return fmt.Sprintf("X11 %s does not answer", name), false
	}
	return fmt.Sprintf("X11 %s on another machine, not tried", name), true
}

func answers(network, address string) bool {
	c, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
