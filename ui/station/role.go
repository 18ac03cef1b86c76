package station

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Role is what somebody is at the station; a higher one may do all that a lower
// one may.
type Role int

// The roles.
const (
	Operator      Role = iota // inspects, and overrides with a reason
	Engineer                  // trains, calibrates and edits recipes, too
	Administrator             // decides settings, retention and PINs, too
)

var roleNames = []string{"Operator", "Engineer", "Administrator"}

// String is the role in English.
func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return fmt.Sprintf("role %d", int(r))
	}
	return roleNames[r]
}

// MarshalText writes the role as settings hold it.
func (r Role) MarshalText() ([]byte, error) { return []byte(strings.ToLower(r.String())), nil }

// UnmarshalText reads what MarshalText writes.
func (r *Role) UnmarshalText(b []byte) error {
	for i, name := range roleNames {
		if strings.EqualFold(name, string(b)) {
			*r = Role(i)
			return nil
		}
	}
	return fmt.Errorf("there is no role %q", b)
}

// PIN is a PIN as it is kept: salted, and hashed so slowly that trying all of four
// digits takes half an hour. PINs guard against slips; whoever owns the station's
// files can remove them.
type PIN string

const (
	pinRounds = 600_000
	pinKind   = "pbkdf2-sha256"
	leastPIN  = 4
	mostPIN   = 64
)

// ErrShortPIN says what a PIN must be.
var ErrShortPIN = errors.New("a PIN has at least four characters")

// NewPIN hashes a PIN.
func NewPIN(secret string) (PIN, error) {
	if n := utf8.RuneCountInString(secret); n < leastPIN || n > mostPIN {
		return "", ErrShortPIN
	}
	return hashPIN(secret, pinRounds)
}

func hashPIN(secret string, rounds int) (PIN, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key, err := pbkdf2.Key(sha256.New, secret, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	e := base64.RawStdEncoding
	return PIN(fmt.Sprintf("%s$%d$%s$%s", pinKind, rounds, e.EncodeToString(salt), e.EncodeToString(key))), nil
}

// Matches reports whether secret is the PIN. What is no hash matches nothing.
func (p PIN) Matches(secret string) bool {
	part := strings.Split(string(p), "$")
	if len(part) != 4 || part[0] != pinKind {
		return false
	}
	rounds, err := strconv.Atoi(part[1])
	if err != nil || rounds < 1 || rounds > 10*pinRounds {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(part[2])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(part[3])
	if err != nil || len(want) != sha256.Size {
		return false
	}
	got, err := pbkdf2.Key(sha256.New, secret, salt, rounds, sha256.Size)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1
}

// Guard knows who is at the station. Without an administrator's PIN there are no
// roles: everybody may do everything. Its methods may be called from any
// goroutine.
type Guard struct {
	now func() time.Time // nil: the clock; tests put theirs here

	mu      sync.Mutex
	pins    map[Role]PIN
	idle    time.Duration
	role    Role // that was signed in to
	touched time.Time
	failed  int
	blocked time.Time // until then no PIN is looked at
}

// NewGuard returns the guard of a station that begins with the operator.
func NewGuard(s Settings) *Guard {
	g := &Guard{}
	g.Use(s)
	return g
}

func (g *Guard) time() time.Time {
	if g.now != nil {
		return g.now()
	}
	return time.Now()
}

// Use takes PINs and time from settings.
func (g *Guard) Use(s Settings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pins, g.idle = s.PINs, s.IdleAfter()
}

// Active reports whether there are roles at all.
func (g *Guard) Active() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.active()
}

func (g *Guard) active() bool { return g.pins[Administrator] != "" }

// Role is who is at the station now.
func (g *Guard) Role() Role {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.active() {
		return Administrator
	}
	if g.role != Operator && g.time().Sub(g.touched) >= g.idle {
		g.role = Operator
	}
	return g.role
}

// May reports whether what needs a role may be done now.
func (g *Guard) May(r Role) bool { return g.Role() >= r }

// Touch says that somebody does something at the station.
func (g *Guard) Touch() {
	g.mu.Lock()
	defer g.mu.Unlock()
	// What comes too late does not bring the role back.
	if g.role != Operator && g.time().Sub(g.touched) >= g.idle {
		g.role = Operator
	}
	g.touched = g.time()
}

// BlockedError says that too many wrong PINs were tried.
type BlockedError struct{ For time.Duration }

// Error says how long.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("too many wrong PINs: wait %.0f s", e.For.Seconds())
}

// ErrWrongPIN is the answer to a PIN that no role has.
var ErrWrongPIN = errors.New("the PIN is wrong")

// freeTries are the wrong PINs before one has to wait, longer each time.
const freeTries = 3

// SignIn makes whoever knows the PIN of a role, or of a higher one, that role.
// It takes a moment on purpose: not to be called on the goroutine that shows.
func (g *Guard) SignIn(want Role, secret string) error {
	g.mu.Lock()
	if left := g.blocked.Sub(g.time()); left > 0 {
		g.mu.Unlock()
		return &BlockedError{left}
	}
	pins := g.pins
	g.mu.Unlock()
	for r := want; r <= Administrator; r++ {
		if pins[r] != "" && pins[r].Matches(secret) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.role, g.touched, g.failed = want, g.time(), 0
			return nil
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed++; g.failed >= freeTries {
		g.blocked = g.time().Add(5 * time.Second << min(g.failed-freeTries, 6))
	}
	return ErrWrongPIN
}

// Assume makes whoever is at the station a role, for they have just decided its
// PIN.
func (g *Guard) Assume(r Role) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.role, g.touched = r, g.time()
}

// SignOut gives the station back to the operator.
func (g *Guard) SignOut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.role = Operator
}
