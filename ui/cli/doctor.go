package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/cpu"

	"agurscope/datasets/camera"
	"agurscope/history"
	"agurscope/nn"
)

// The states of a check.
const (
	good    = "ok"
	missing = "missing" // not there, and something else does its work
	bad     = "bad"     // to be mended
)

// check is one thing that doctor looks at.
type check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, missing or bad
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// diagnosis is the JSON of doctor.
type diagnosis struct {
	Version    string  `json:"version"`
	CanInspect bool    `json:"can_inspect"`
	Engine     string  `json:"engine"`         // what --engine auto takes; "" for none
	Note       string  `json:"note,omitempty"` // on that engine
	Checks     []check `json:"checks"`
}

func (p *program) doctor() *cobra.Command {
	var db string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what works on this machine, and how to mend what does not",
		Long: `Looks at the display, the engines, the history, cameras, memory and processor.
The exit status is 0 unless nothing can be inspected here.`,
		Example: `  agurscope doctor
  agurscope doctor --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := p.diagnose(cmd.Context(), database(db))
			if asJSON {
				if err := p.printJSON(d); err != nil {
					return err
				}
			} else {
				p.printDiagnosis(d)
			}
			if !d.CanInspect {
				return errors.New("nothing can be inspected on this machine: mend one of the engines above")
			}
			return nil
		},
	}
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (p *program) diagnose(ctx context.Context, db string) *diagnosis {
	d := &diagnosis{Version: p.Version}
	add := func(name, state, text, remedy string) {
		if state == good {
			remedy = ""
		}
		d.Checks = append(d.Checks, check{name, state, text, remedy})
	}
	for _, c := range p.Engines {
		e, err := c.Open(0)
		if err != nil {
			state := missing
			if errors.Is(err, nn.ErrFault) {
				state = bad
			}
			add("engine "+c.Name, state, whyNot(err), c.Remedy)
			continue
		}
		add("engine "+c.Name, good, e.Describe(), "")
		if d.Engine == "" {
			d.Engine, d.Note = c.Name, c.Note
		}
		if err := e.Close(); err != nil {
			add("engine "+c.Name, bad, err.Error(), c.Remedy)
		}
	}
	d.CanInspect = d.Engine != ""
	if text, ok := displayState(); ok {
		add("display", good, text, "")
	} else {
		add("display", missing, text, "log in to a desktop, or use the commands, which need none; “make run” brings a virtual display")
	}
	if p.Env.Window == nil {
		add("window", missing, "this program was built without its window", "build it with “make build”")
	}
	d.Checks = append(d.Checks, databaseChecks(ctx, db)...)
	for _, m := range camera.Available() {
		if m.Err != nil {
			reason, remedy, _ := strings.Cut(m.Err.Error(), ": ")
			add("cameras", missing, m.Name+": "+reason, remedy)
			continue
		}
		add("cameras", good, m.Name+": "+m.Detail, "")
	}
	add("processor", good, processor(), "")
	add("memory", good, memoryText(), "")
	fonts := "built in"
	if f := os.Getenv("FYNE_FONT"); f != "" {
		fonts = "FYNE_FONT is " + f
		if _, err := os.Stat(f); err != nil {
			add("fonts", bad, fonts+", which cannot be read", "unset FYNE_FONT, or name a font file that is there")
			return d
		}
	}
	add("fonts", good, fonts, "")
	return d
}

func (p *program) printDiagnosis(d *diagnosis) {
	fmt.Fprintf(p.Stdout, "agurscope %s\n\n", d.Version)
	wide := 0
	for _, c := range d.Checks {
		wide = max(wide, len(c.Name))
	}
	mark := map[string]string{good: "✓", missing: "–", bad: "✗"}
	for _, c := range d.Checks {
		fmt.Fprintf(p.Stdout, "%s %-*s  %s\n", mark[c.State], wide, c.Name, c.Text)
		if c.Remedy != "" {
			fmt.Fprintf(p.Stdout, "  %-*s  → %s\n", wide, "", c.Remedy)
		}
	}
	if d.CanInspect {
		fmt.Fprintf(p.Stdout, "\nReady to inspect, with the engine %s.\n", joinNonEmpty([]string{d.Engine, d.Note}, ": "))
	}
}

// databaseChecks looks at the history without changing it.
func databaseChecks(ctx context.Context, path string) []check {
	name := "database"
	dir := existing(filepath.Dir(path))
	var out []check
	switch _, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist) && writable(dir):
		out = append(out, check{name, good, display(path) + ", made with the first verdict", ""})
	case errors.Is(err, os.ErrNotExist):
		out = append(out, check{name, bad, display(path) + " cannot be made: " + dir + " may not be written to", "make the folder writable, or choose another place with --db"})
	default:
		out = append(out, databaseCheck(ctx, path))
	}
	text, enough := freeSpace(dir)
	if !enough {
		return append(out, check{"disk", bad, text, "make room: verdicts cannot be logged on a full disk, and then nothing is inspected"})
	}
	return append(out, check{"disk", good, text, ""})
}

func databaseCheck(ctx context.Context, path string) check {
	s, err := history.OpenReadOnly(path)
	if err != nil {
		var e *history.StorageError
		remedy := "choose another file with --db"
		if errors.As(err, &e) && e.Hint != "" {
			remedy = e.Hint
		}
		return check{"database", bad, err.Error(), remedy}
	}
	defer s.Close()
	n, err := s.Count(ctx, history.Filter{})
	if err != nil {
		return check{"database", bad, err.Error(), "try “agurscope history verify”"}
	}
	text := fmt.Sprintf("%s, %s, %s, synchronous=FULL when writing", display(path), plural(n, "verdict"), headerText(path))
	if !writable(path) || !writable(filepath.Dir(path)) {
		return check{"database", bad, text + ", may not be written to", "make the file and its folder writable, or choose another place with --db"}
	}
	return check{"database", good, text, ""}
}

// headerText reads journal mode, page size and schema from the file's header
// (sqlite.org/fileformat.html), which asks nobody for a lock.
func headerText(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "unreadable"
	}
	defer f.Close()
	head := make([]byte, 100)
	if _, err := io.ReadFull(f, head); err != nil {
		return "empty"
	}
	journal := "rollback journal"
	if head[18] == 2 && head[19] == 2 {
		journal = "write-ahead log"
	}
	return fmt.Sprintf("schema %d, %s", binary.BigEndian.Uint32(head[60:]), journal)
}

// existing returns the nearest folder that exists.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// processor names the processor and what of its instruction set matters here.
func processor() string {
	var has []string
	for _, f := range []struct {
		there bool
		name  string
	}{
		{cpu.X86.HasAVX2, "AVX2"}, {cpu.X86.HasFMA, "FMA"}, {cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW, "AVX-512"},
		{cpu.X86.HasAVX512VNNI, "VNNI"}, {cpu.X86.HasAVX512BF16, "BF16"}, {cpu.X86.HasAMXBF16, "AMX"},
		{cpu.ARM64.HasASIMD, "NEON"}, {cpu.ARM64.HasSVE, "SVE"},
	} {
		if f.there {
			has = append(has, f.name)
		}
	}
	return joinNonEmpty([]string{processorName(), plural(runtime.NumCPU(), "core"), strings.Join(has, " ")}, ", ")
}

// processorName returns the name that Linux gives, or the architecture.
func processorName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// memoryText says how much memory there is, as Linux tells it.
func memoryText() string {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "unknown"
	}
	kib := map[string]float64{}
	for line := range strings.Lines(string(b)) {
		var name string
		var v float64
		if _, err := fmt.Sscanf(line, "%s %f", &name, &v); err == nil {
			kib[strings.TrimSuffix(name, ":")] = v
		}
	}
	return fmt.Sprintf("%.1f GB, %.1f GB free for programs", kib["MemTotal"]*1024/1e9, kib["MemAvailable"]*1024/1e9)
}
