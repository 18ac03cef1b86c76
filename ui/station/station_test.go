package station

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSettingsComeBackAsTheyWereSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "settings.json")
	if s, err := LoadSettings(path); err != nil || !reflect.DeepEqual(s, Settings{}) {
		t.Fatalf("without a file: %+v, %v", s, err)
	}
	want := Settings{Theme: "light", TextSize: 1.3, Language: "de", Keep: "all", Data: "/data", Silent: true,
		Retention: Retention{PictureDays: 30, Gigabytes: 100}, PINs: map[Role]PIN{Administrator: "x"}, Idle: 3}
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := LoadSettings(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(rest) != 1 {
		t.Errorf("beside the settings lies %v", rest)
	}
}

func TestDamagedSettingsAreDefaultsAndArePutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	for _, damaged := range []string{"", "{", `{"theme": 3}`, `{"pins": {"boss": "x"}}`, "\x00\x01", strings.Repeat(" ", maxFile+1)} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := LoadSettings(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "the defaults are in force") {
			t.Errorf("%.20q: %v", damaged, err)
		}
		if !reflect.DeepEqual(s, Settings{}) {
			t.Errorf("%.20q: %+v", damaged, s)
		}
		if b, err := os.ReadFile(path + ".damaged"); err != nil || string(b) != damaged {
			t.Errorf("%.20q is not kept: %v", damaged, err)
		}
	}
}

func TestSettingsOutOfRangeAreDefaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	bad := Settings{Theme: "pink", TextSize: 40, Scale: -1, Keep: "some", Data: "relative", Retention: Retention{VerdictDays: -5}, Idle: -1}
	if err := bad.Save(path); err != nil {
		t.Fatal(err)
	}
	if s, err := LoadSettings(path); err != nil || !reflect.DeepEqual(s, Settings{}) {
		t.Errorf("%+v, %v", s, err)
	}
}

func FuzzLoadSettings(f *testing.F) {
	f.Add([]byte(`{"theme":"light","pins":{"engineer":"pbkdf2-sha256$1$AA$AA"},"retention":{"gigabytes":3}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := LoadSettings(path)
		if err != nil && !reflect.DeepEqual(s, Settings{}) {
			t.Errorf("an error and settings: %+v", s)
		}
		if s.IdleAfter() <= 0 || s.TextSize > 2 || s.Retention.VerdictDays < 0 || len(s.Turns()) == 0 {
			t.Errorf("out of range: %+v", s)
		}
		for _, p := range s.PINs {
			if p.Matches("0000") && !strings.HasPrefix(string(p), pinKind) {
				t.Errorf("%q matches", p)
			}
		}
	})
}

func TestDifferencesNameWhatChangedAndShowNoPIN(t *testing.T) {
	a := Settings{Theme: "dark", PINs: map[Role]PIN{Administrator: "secret-1"}}
	b := Settings{Theme: "light", Keep: "all", PINs: map[Role]PIN{Administrator: "secret-2", Engineer: "secret-3"}}
	want := []Difference{{"theme", "dark", "light"}, {"full pictures kept", "", "all"}, {"PIN of the engineer", "none", "set"}, {"PIN of the administrator", "set", "set anew"}}
	if got := a.Differences(b); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := a.Differences(a); got != nil {
		t.Errorf("from itself: %v", got)
	}
	// Every field is looked at.
	for i := range reflect.TypeFor[Settings]().NumField() {
		var c Settings
		f := reflect.ValueOf(&c).Elem().Field(i)
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int:
			f.SetInt(7)
		case reflect.Float32:
			f.SetFloat(2)
		case reflect.Map:
			c.PINs = map[Role]PIN{Engineer: "x"}
		case reflect.Struct:
			c.Retention = Retention{1, 1, 1, 1}
		}
		if got := (Settings{}).Differences(c); len(got) == 0 {
			t.Errorf("a change of %s is not seen", reflect.TypeFor[Settings]().Field(i).Name)
		}
	}
}

func TestPINsAreSaltedAndMatchOnlyThemselves(t *testing.T) {
	a, err := NewPIN("4711")
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewPIN("4711")
	if err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Error("two hashes of one PIN are equal: there is no salt")
	}
	if strings.Contains(string(a), "4711") {
		t.Error("the PIN stands in its hash")
	}
	if !a.Matches("4711") || a.Matches("4712") || a.Matches("") {
		t.Error("the PIN does not match itself alone")
	}
	for _, p := range []PIN{"", "4711", "pbkdf2-sha256$x$AA$AA", "pbkdf2-sha256$-1$AA$AA", "pbkdf2-sha256$1$AA$", "pbkdf2-sha256$999999999$AA$AA"} {
		if p.Matches("4711") || p.Matches("") {
			t.Errorf("%q matches", p)
		}
	}
	if _, err := NewPIN("123"); !errors.Is(err, ErrShortPIN) {
		t.Errorf("three digits: %v", err)
	}
}

// quick is a PIN whose hash takes no time.
func quick(t *testing.T, secret string) PIN {
	t.Helper()
	p, err := hashPIN(secret, 10)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWithoutPINsEverybodyMayDoEverything(t *testing.T) {
	g := NewGuard(Settings{})
	if g.Active() || g.Role() != Administrator || !g.May(Administrator) {
		t.Error("a new station locks people out")
	}
}

func TestRolesAreSignedInToAndFallBackWhenIdle(t *testing.T) {
	now := time.Unix(0, 0)
	g := NewGuard(Settings{PINs: map[Role]PIN{Engineer: quick(t, "1111"), Administrator: quick(t, "9999")}, Idle: 2})
	g.now = func() time.Time { return now }
	if g.Role() != Operator || g.May(Engineer) {
		t.Fatal("the station does not begin with the operator")
	}
	if err := g.SignIn(Administrator, "1111"); !errors.Is(err, ErrWrongPIN) {
		t.Errorf("the engineer's PIN opens the administrator's role: %v", err)
	}
	if err := g.SignIn(Engineer, "9999"); err != nil || g.Role() != Engineer {
		t.Errorf("the administrator's PIN does not open the engineer's role: %v", err)
	}
	now = now.Add(119 * time.Second)
	g.Touch()
	now = now.Add(119 * time.Second)
	if g.Role() != Engineer {
		t.Error("whoever works is thrown out")
	}
	now = now.Add(time.Second)
	g.Touch() // too late
	if g.Role() != Operator {
		t.Error("idle for two minutes, and still the engineer's")
	}
	if err := g.SignIn(Engineer, "1111"); err != nil {
		t.Error(err)
	}
	g.SignOut()
	if g.Role() != Operator {
		t.Error("signing out leaves the role")
	}
}

func TestWrongPINsCostTime(t *testing.T) {
	now := time.Unix(0, 0)
	g := NewGuard(Settings{PINs: map[Role]PIN{Administrator: quick(t, "9999")}})
	g.now = func() time.Time { return now }
	for range freeTries {
		if err := g.SignIn(Administrator, "0000"); !errors.Is(err, ErrWrongPIN) {
			t.Fatal(err)
		}
	}
	var b *BlockedError
	if err := g.SignIn(Administrator, "9999"); !errors.As(err, &b) || b.For != 5*time.Second {
		t.Errorf("after %d wrong PINs: %v", freeTries, err)
	}
	now = now.Add(5 * time.Second)
	if err := g.SignIn(Administrator, "9999"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// Whatever happens, nobody has a role without having signed in to it within the
// idle time.
func TestRandomDaysAtTheStationGiveNoRoleAway(t *testing.T) {
	pins := map[Role]PIN{Engineer: quick(t, "1111"), Administrator: quick(t, "9999")}
	r := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(0, 0)
	g := NewGuard(Settings{PINs: pins, Idle: 1})
	g.now = func() time.Time { return now }
	var signed Role
	var last time.Time
	for step := range 40 {
		switch r.IntN(4) {
		case 0:
			want, secret := Role(1+r.IntN(2)), []string{"1111", "9999", "0000"}[r.IntN(3)]
			if g.SignIn(want, secret) == nil {
				if secret == "0000" || secret == "1111" && want == Administrator {
					t.Fatalf("step %d: %s opens %v", step, secret, want)
				}
				signed, last = want, now
			}
		case 1:
			if now.Sub(last) < time.Minute {
				last = now
			}
			g.Touch()
		case 2:
			g.SignOut()
			signed = Operator
		case 3:
			now = now.Add(time.Duration(r.IntN(90)) * time.Second)
		}
		if now.Sub(last) >= time.Minute {
			signed = Operator
		}
		if got := g.Role(); got != signed {
			t.Fatalf("step %d: %v, want %v", step, got, signed)
		}
	}
}

func TestMemoryIsOnDiskWithoutBeingClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window.json")
	m, err := OpenMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	m.Set("set", "/parts")
	m.Set("size", []float32{1280, 800})
	m.Set("gone", 1)
	m.Set("gone", nil)
	// What Flush does is what its timer does: a killed program loses a moment.
	if err := m.Flush(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	var set string
	var size [2]float32
	if !again.Get("set", &set) || set != "/parts" || !again.Get("size", &size) || size != [2]float32{1280, 800} {
		t.Errorf("remembers %q %v", set, size)
	}
	if again.Get("gone", &size) || again.Get("set", &size) {
		t.Error("remembers what is gone, or of another kind")
	}
}

func TestMemoryWritesByItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window.json")
	m, _ := OpenMemory(path)
	m.Set("a", 1)
	for range 400 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Error("nothing was written")
}

func TestMemoryTakesManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window.json")
	m, _ := OpenMemory(path)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 20 {
				m.Set(string(rune('a'+i)), k)
				if k%7 == 0 {
					_ = m.Flush()
				}
			}
		})
	}
	all.Wait()
	if err := m.Flush(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		var n int
		if !again.Get(string(rune('a'+i)), &n) || n != 19 {
			t.Errorf("%c: %d", 'a'+i, n)
		}
	}
}

func TestDamagedMemoryIsForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "window.json")
	for _, damaged := range []string{"", "[1]", "{"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := OpenMemory(path)
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", damaged, err)
		}
		m.Set("a", 1)
		if err := m.Flush(); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(path, []byte("null"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := OpenMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	m.Set("a", 1)
}

// What could not be written is told, and not forgotten: it is written when it can be.
func TestMemoryThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "away")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file in the folder's place
		t.Fatal(err)
	}
	path := filepath.Join(dir, "window.json")
	m, _ := OpenMemory(path)
	told := 0
	m.OnFailure(func(error) { told++ })
	m.Set("a", 1)
	if err := m.Flush(); err == nil || told != 1 {
		t.Fatalf("%v, told %d times", err, told)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := m.Flush(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenMemory(path)
	if n := 0; err != nil || !again.Get("a", &n) || n != 1 {
		t.Errorf("%v: %d", err, n)
	}
}
