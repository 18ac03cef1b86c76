package livetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// GigE is the camera that comes with the Aravis library, as a process: GigE
// Vision by real packets on the loopback network.
type GigE struct {
	t    testing.TB
	args []string
	cmd  *exec.Cmd
}

// GigEAddress is where it listens; the port is the standard's, so there is one at
// a time on a machine.
const GigEAddress = "127.0.0.1"

// turn is how long a test waits for the camera.
const turn = 2 * time.Minute

const gigeProgram = "arv-fake-gv-camera-0.8"

// NewGigE starts the camera and stops it when the test ends. It waits for other
// tests that use one.
func NewGigE(t testing.TB, args ...string) *GigE {
	t.Helper()
	if _, err := exec.LookPath(gigeProgram); err != nil {
		t.Skipf("%s is not installed: “make setup” does it", gigeProgram)
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "agurscope-gige.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(turn); syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			lock.Close()
			t.Skip("another program has the only GigE Vision camera of this machine")
		}
	}
	g := &GigE{t: t, args: args}
	g.Start()
	t.Cleanup(func() {
		g.Stop()
		lock.Close()
	})
	return g
}

// Start implements Peer.
func (g *GigE) Start() {
	g.cmd = exec.Command(gigeProgram, append([]string{"-i", GigEAddress}, g.args...)...)
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it must not outlive a test that dies
	if err := g.cmd.Start(); err != nil {
		g.t.Error(err)
	}
}

// Stop implements Peer: kill -9.
func (g *GigE) Stop() {
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait() // killed is what it was meant to be
}
