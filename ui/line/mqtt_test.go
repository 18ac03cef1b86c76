package line

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"agurscope/datasets/live/livetest"
	"agurscope/history"
)

// mosquitto is a real broker that keeps what it has accepted.
type mosquitto struct {
	t    testing.TB
	port int
	file string
	cmd  *exec.Cmd
}

func newMosquitto(t testing.TB) *mosquitto {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path = "/usr/sbin/mosquitto"; !exists(path) {
			t.Fatal("mosquitto is not installed: make setup installs it")
		}
	}
	dir := t.TempDir()
	m := &mosquitto{t: t, port: freePort(t), file: filepath.Join(dir, "broker.conf")}
	config := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/\nautosave_interval 1\nautosave_on_changes true\nuser root\n", m.port, dir)
	if err := os.WriteFile(m.file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	m.cmd = exec.Command(path, "-c", m.file)
	t.Cleanup(m.kill)
	return m
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func (m *mosquitto) url() string { return fmt.Sprintf("tcp://127.0.0.1:%d", m.port) }

// start returns when the broker answers.
func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command(m.cmd.Path, m.cmd.Args[1:]...)
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	for range 1000 {
		if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(m.port))); err == nil {
			c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	m.t.Fatal("the broker does not answer")
}

// kill ends it as kill -9 does.
func (m *mosquitto) kill() {
	if m.cmd.Process != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
	}
}

// subscriber hears what a station publishes.
type subscriber struct {
	got inbox

	mu     sync.Mutex
	states []Condition
}

func (s *subscriber) last() (c Condition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.states); n > 0 {
		c = s.states[n-1]
	}
	return c
}

func (m *mosquitto) subscribe(station string) *subscriber {
	m.t.Helper()
	s := &subscriber{}
	o := mqtt.NewClientOptions().AddBroker(m.url()).SetClientID("subscriber").SetCleanSession(false).
		SetAutoReconnect(true).SetMaxReconnectInterval(200 * time.Millisecond).SetConnectRetry(true).SetOrderMatters(true)
	o.SetOnConnectHandler(func(c mqtt.Client) {
		c.Subscribe("agurscope/"+station+"/#", 1, func(_ mqtt.Client, q mqtt.Message) {
			var r Report
			var c Condition
			switch {
			case q.Topic() == "agurscope/"+station+"/verdict" && json.Unmarshal(q.Payload(), &r) == nil:
				s.got.add(r.ID)
			case q.Topic() == "agurscope/"+station+"/state" && json.Unmarshal(q.Payload(), &c) == nil:
				s.mu.Lock()
				s.states = append(s.states, c)
				s.mu.Unlock()
			default:
				m.t.Errorf("unexpected message at %s: %s", q.Topic(), q.Payload())
			}
		})
	})
	c := mqtt.NewClient(o)
	if t := c.Connect(); !t.WaitTimeout(30*time.Second) || t.Error() != nil {
		m.t.Fatal("cannot subscribe")
	}
	m.t.Cleanup(func() { c.Disconnect(0) })
	return s
}

func (s *subscriber) hear(t *testing.T, want State) {
	t.Helper()
	eventually(t, func() bool { return s.last().State == want }, func() string {
		return fmt.Sprintf("the state is %+v, not %s", s.last(), want)
	})
	if c := s.last(); c.OK != (want == Inspecting) {
		t.Errorf("state %s is OK: %v", c.State, c.OK)
	}
}

func TestMQTT(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	b := newBench(t)
	l := b.open(fmt.Sprintf(`{"station":"bench-3","mqtt":{"broker":%q}}`, m.url()))
	s := m.subscribe("bench-3")
	s.hear(t, Idle)
	l.SetState(Inspecting, "")
	s.hear(t, Inspecting)
	for i := range 300 {
		b.judge(l, []history.Verdict{history.OK, history.NG, history.REVIEW, history.ERROR}[i%4], fmt.Sprint(i))
	}
	s.got.arrive(t, 300)
	l.SetState(Fault, "the history cannot be written")
	s.hear(t, Fault)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.hear(t, Offline)
}

// A station that dies is offline by its last will.
func TestMQTTLastWill(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	b := newBench(t)
	l := b.open(fmt.Sprintf(`{"station":"bench-3","mqtt":{"broker":%q}}`, m.url()))
	s := m.subscribe("bench-3")
	l.SetState(Inspecting, "")
	s.hear(t, Inspecting)
	// Another client of the same name pushes the station out, as a dead
	// connection would be.
	thief := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(m.url()).SetClientID("agurscope-bench-3").SetAutoReconnect(false))
	if c := thief.Connect(); !c.WaitTimeout(30*time.Second) || c.Error() != nil {
		t.Fatal("cannot connect")
	}
	heard := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.states {
			if c.State == Offline && !c.OK {
				return true
			}
		}
		return false
	}
	eventually(t, heard, func() string { return "no last will" })
	thief.Disconnect(0)
	s.hear(t, Inspecting) // it comes back by itself
}

// kills is how often the broker is killed; make soak-line sets more.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("AGURSCOPE_KILLS")); err == nil {
		return n
	}
	return 3
}

// receipts tell what a broker has accepted.
type receipts struct {
	mu sync.Mutex // held while the broker is asked
	id int64
}

func (r *receipts) of(b *broker) {
	deliver := b.deliver
	b.deliver = func(ctx context.Context, rs []Report) (int, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		n, err := deliver(ctx, rs)
		if n > 0 {
			r.id = rs[n-1].ID
		}
		return n, err
	}
}

func (r *receipts) last() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.id
}

// The broker is killed at random moments while verdicts stream. What it has
// acknowledged is its own to keep; everything else must reach it when it is back,
// and the station is left with no goroutine and no connection more than before.
func TestMQTTBrokerKilled(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	b := newBench(t)
	l := b.prepare(fmt.Sprintf(`{"station":"bench-3","mqtt":{"broker":%q}}`, m.url()))
	var accepted receipts
	accepted.of(l.peers[0].(*broker))
	l.start()
	s := m.subscribe("bench-3")
	l.SetState(Inspecting, "")
	s.hear(t, Inspecting)
	held := livetest.Held()
	random := rand.New(rand.NewPCG(1, 2))
	var kept int64 // acknowledged, and perhaps lost with the broker
	var took []time.Duration
	for range kills() {
		for range 20 + random.IntN(60) {
			b.judge(l, history.OK, "part")
			if random.IntN(4) == 0 {
				time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
			}
		}
		m.kill()
		away := b.judge(l, history.REVIEW, "while the broker is away")
		eventually(t, func() bool { return len(l.Faults()) == 1 }, func() string { return "the broker's death goes unnoticed" })
		if kept = accepted.last(); kept >= away.ID {
			t.Fatal("accepted by a broker that was dead")
		}
		m.start()
		back := time.Now()
		eventually(t, func() bool { return l.Status()[0].Last >= away.ID }, func() string { return fmt.Sprintf("not told again: %+v", l.Status()) })
		took = append(took, time.Since(back))
		s.hear(t, Inspecting)
		eventually(t, func() bool { lost, _ := s.got.missing(away.ID); return len(lost) == 0 || lost[len(lost)-1] <= kept },
			func() string {
				lost, _ := s.got.missing(away.ID)
				return fmt.Sprintf("%v never came, %d were acknowledged", lost, kept)
			})
	}
	held.Released(t)
	lost, _ := s.got.missing(kept)
	slices.Sort(took)
	t.Logf("%d kills, %d verdicts: told again after %v in the middle, %v at most; %d were lost by the broker that had acknowledged them",
		len(took), kept, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), len(lost))
	if len(took) > 3 && took[len(took)-1] > 5*time.Second { // a time: held to it only where it is asked for
		t.Errorf("it took %v to tell the broker again", took[len(took)-1])
	}
}
