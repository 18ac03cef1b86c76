//go:build onednn

package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	"agurscope/datasets/aravis"
)

// A station that comes back sends what was inspected while nobody listened, each
// verdict once and in order; what has no picture is not OK.
func TestInspectTellsTheLine(t *testing.T) {
	dir, fine, broken := hostile(t)
	place := t.TempDir()
	db, config, outbox := filepath.Join(place, "h.db"), filepath.Join(place, "line.json"), filepath.Join(place, "outbox")
	write(t, config, []byte(`{"station":"bench-3","folder":{"dir":"outbox"}}`))
	files := func() (names []string) {
		entries, err := os.ReadDir(outbox)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}

	r := run(t, "line", "check", "--line", config, "--db", db, "--wait", "1ms")
	if !strings.Contains(r.err, "cannot be told") {
		t.Errorf("an absent folder: %s", r.err)
	}
	done(t, "inspect", "--recipe", recipe(), "--db", db, "--line", config, dir) // nobody listens
	if err := os.Mkdir(outbox, 0o755); err != nil {
		t.Fatal(err)
	}
	done(t, "line", "check", "--line", config, "--db", db, "--wait", "1m")
	n := len(fine) + len(broken)
	if got := files(); len(got) != n {
		t.Errorf("%d verdicts of %d arrived: %v", len(got), n, got)
	}
	done(t, "inspect", "--recipe", recipe(), "--db", db, "--line", config, filepath.Join(dir, broken[0]))
	done(t, "line", "check", "--line", config, "--db", db, "--wait", "1m")
	want := fmt.Sprintf("%010d_ERROR.json", n+1)
	if got := files(); len(got) != n+1 || got[n] != want {
		t.Errorf("the last of %v is not %s", got, want)
	}
}

func TestLineExampleIsAConfiguration(t *testing.T) {
	r := done(t, "line", "example")
	config := filepath.Join(t.TempDir(), "line.json")
	write(t, config, []byte(r.out))
	if r := run(t, "line", "check", "--line", config, "--db", filepath.Join(t.TempDir(), "h.db")); !strings.Contains(r.err, "mqtt.password") {
		t.Errorf("only the secret is missing, and is not named: %s", r.err)
	}
}

// A PLC triggers a GigE Vision camera by Modbus, and every part gets one answer,
// the one that is in the history.
func TestPLCTriggersTheCamera(t *testing.T) {
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	const parts = 20
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().String()
	free.Close()
	place := t.TempDir()
	db, config := filepath.Join(place, "h.db"), filepath.Join(place, "line.json")
	write(t, config, []byte(fmt.Sprintf(`{"station":"bench-3","modbus":{"listen":%q,"deadline":"30s"}}`, port)))
	address := strings.Replace(cameras(t)["gige"], "?", "?trigger=software&", 1)

	ended := make(chan result, 1)
	go func() {
		ended <- runIn(t, context.Background(), testEnv(), "camera", "inspect", address, "--recipe", recipe(), "--db", db,
			"--line", config, "--count", fmt.Sprint(parts+1), "--json")
	}()
	plc, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + port, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if err = plc.Open(); err == nil {
			break
		}
		select {
		case r := <-ended:
			t.Fatalf("%+v", r)
		default:
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	defer plc.Close()

	const ready, valid, pass, fail = 1 << 0, 1 << 2, 1 << 3, 1 << 4
	read := func() []uint16 {
		w, err := plc.ReadRegisters(0, 12, modbus.INPUT_REGISTER)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	until := func(bit uint16) []uint16 {
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			w := read()
			if w[0]&bit != 0 {
				return w
			}
			if time.Now().After(end) {
				t.Fatalf("bit %b never comes: %v", bit, w)
			}
		}
	}
	passed := map[int64]bool{}
	for i := range parts {
		until(ready)
		if err := plc.WriteCoil(0, true); err != nil {
			t.Fatal(err)
		}
		w := until(valid)
		if w[0]&(pass|fail) == 0 || w[0]&(pass|fail) == pass|fail {
			t.Fatalf("neither or both of pass and fail: %v", w)
		}
		if w[1] > 4 {
			t.Fatalf("part %d was not judged: code %d", i, w[1])
		}
		passed[int64(w[4])<<16|int64(w[5])] = w[0]&pass != 0
		if err := plc.WriteCoil(0, false); err != nil {
			t.Fatal(err)
		}
	}
	until(ready)
	if err := plc.WriteCoil(0, true); err != nil { // one more, after which the station leaves
		t.Fatal(err)
	}
	r := <-ended
	if r.status != Done {
		t.Fatalf("%+v", r)
	}
	all := lines(t, r.out)
	if len(all) != parts+2 || len(passed) != parts {
		t.Fatalf("%d lines and %d answers for %d parts", len(all), len(passed), parts)
	}
	for _, v := range all[:parts] {
		told, ok := passed[int64(v["id"].(float64))]
		if !ok || told != (v["verdict"] == "OK") {
			t.Errorf("verdict %v %v was told as pass %v, %v", v["id"], v["verdict"], told, ok)
		}
	}
}
