//go:build !linux

package livetest

import "testing"

// GigE is the camera that comes with the Aravis library; see gige_linux.go.
type GigE struct{}

// GigEAddress is where it listens.
const GigEAddress = "127.0.0.1"

// NewGigE skips the test: the library is used on Linux alone.
func NewGigE(t testing.TB, _ ...string) *GigE {
	t.Skip("GigE Vision cameras are there on Linux alone")
	return nil
}

// Start implements Peer.
func (*GigE) Start() {}

// Stop implements Peer.
func (*GigE) Stop() {}
