package lab

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// publish writes an experiment's table of cells, its pictures and its page anew.
func (r *run) publish(e *Experiment) (Page, error) {
	res, p := e.show(r), Page{Name: e.Name, Title: e.Title.English()}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	lines := [][]string{ledger.Header}
	for _, t := range r.tasksOf(e) {
		p.Total++
		if f := r.figures(t); f != nil {
			p.Done++
			lines = append(lines, ledger.Lines(r.cell(t), f)...)
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return p, err
	}
	if err := r.write(e.Name+".csv", b.Bytes()); err != nil {
		return p, err
	}
	p.Claims = res.claims
	if p.Done > 0 {
		for _, d := range res.pictures {
			for ending, draw := range map[string]func() ([]byte, error){"png": d.PNG, "svg": d.SVG} {
				data, err := draw()
				if err != nil {
					break // there is nothing to draw yet
				}
				if err := r.write(d.name+"."+ending, data); err != nil {
					return p, err
				}
				if ending == "png" {
					p.Pictures, p.Captions = append(p.Pictures, d.name), append(p.Captions, d.caption)
				}
			}
		}
	}
	if err := r.write(e.Name+".md", r.page(e, p, res)); err != nil {
		return p, err
	}
	return p, r.remember(p)
}

// page is an experiment in Markdown.
func (r *run) page(e *Experiment, p Page, res result) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s: %s\n\n%s\n", label(e.Name), e.Title.English(), r.conditions())
	if p.Done < p.Total {
		fmt.Fprintf(&b, "\n**%d of %d measurements are made**; the rest is missing below.\n", p.Done, p.Total)
	}
	for _, t := range r.tasksOf(e) {
		if err := r.failed[t]; err != nil {
			fmt.Fprintf(&b, "\n**Failed**: %s: %v\n", r.describe(t).English(), err)
		}
	}
	for _, name := range p.Pictures {
		fmt.Fprintf(&b, "\n![%s](%s.png)\n", name, name)
	}
	for _, t := range res.tables {
		fmt.Fprintf(&b, "\n## %s\n\n", t.title)
		writeTable(&b, t)
	}
	fmt.Fprintf(&b, "\n## What the paper claims\n\n%s\n\n", session.Rule)
	writeClaims(&b, res.claims)
	if len(res.notes) > 0 {
		b.WriteString("\n## Notes\n\n")
		for _, n := range res.notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
	}
	return b.Bytes()
}

// label is an experiment's name as the paper writes it.
func label(name string) string {
	if n, ok := strings.CutPrefix(name, "fig"); ok {
		return "Fig. " + n
	}
	return "Table " + strings.TrimPrefix(name, "table")
}

func writeTable(b *bytes.Buffer, t table) {
	fmt.Fprintf(b, "| %s |\n|---|%s\n", strings.Join(t.header, " | "), strings.Repeat("---:|", len(t.header)-1))
	for _, row := range t.rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
}

func writeClaims(b *bytes.Buffer, claims []session.Claim) {
	for _, c := range claims {
		c.Markdown(b)
	}
}

// conditions says under what all of it was measured.
func (r *run) conditions() string {
	input := "input by how parts lie"
	if r.budget.Input > 0 {
		input = fmt.Sprintf("input of %d x %d in area", r.budget.Input, r.budget.Input)
	}
	most := ""
	if r.budget.Train > 0 {
		most = fmt.Sprintf("; at most %d good parts to learn from and %d of each kind to test on", r.budget.Train, r.budget.Test)
	}
	only := ""
	if len(r.o.Only) > 0 {
		only = " Measured on " + strings.Join(r.o.Only, ", ") + " only."
	}
	quick := ""
	if r.o.Quick {
		quick = " These are small budgets (`--quick`): orders may change with longer training."
	}
	return fmt.Sprintf("Seeds 0 to %d; size %s, %s, %d steps for every method that takes steps%s. Mean ± sample standard deviation over the seeds.%s%s",
		r.budget.Seeds-1, r.budget.Size, input, r.budget.Steps, most, only, quick)
}

// writeSheet sets the paper beside ours, over all experiments of the run.
func (r *run) writeSheet(out *Outcome) error {
	var b bytes.Buffer
	b.WriteString(`# Paper and ours

The paper is Liu and Li 2026, “Attention-guided unsupervised representation network
for anomaly detection in electronic component manufacturing images”. Order and trend
can be compared, levels cannot; why is said at the end. Nothing was tuned to the
paper's figures.

`)
	fmt.Fprintf(&b, "%s Program %s, %s, %d processors.\n\n", r.conditions(), r.o.Program, r.o.Engine.Describe(), runtime.NumCPU())
	b.WriteString(session.Rule + " One value each by the nature of an experiment is an illustration.\n\n")
	count := map[words.Text]int{}
	b.WriteString("| experiment | measurements | reproduced | not reproduced | open | illustration | a claim of our own |\n|---|---:|---:|---:|---:|---:|---|\n")
	for _, p := range out.Experiments {
		n := map[words.Text]int{}
		for _, c := range p.Claims {
			n[c.Verdict]++
			count[c.Verdict]++
		}
		fmt.Fprintf(&b, "| [%s](%s.md) %s | %d of %d |%s\n", label(p.Name), p.Name, p.Title, p.Done, p.Total, tallied(n))
	}
	fmt.Fprintf(&b, "| all | |%s\n", tallied(count))
	for i, p := range out.Experiments {
		fmt.Fprintf(&b, "\n## %s: %s\n\n", label(p.Name), p.Title)
		for _, t := range r.chosen[i].sheet(r) {
			fmt.Fprintf(&b, "%s\n\n", t.title)
			writeTable(&b, t)
			b.WriteString("\n")
		}
		writeClaims(&b, p.Claims)
	}
	b.WriteString("\n## Data that could not be had\n\n")
	for _, m := range r.data.missing() {
		fmt.Fprintf(&b, "- %s\n", m)
	}
	b.WriteString("\n## Why the numbers cannot be equal\n\n")
	for _, m := range inconsistent {
		fmt.Fprintf(&b, "- %s\n", m)
	}
	return r.write("paper-and-ours.md", b.Bytes())
}

// tallied are the columns of a row of verdicts.
func tallied(n map[words.Text]int) (out string) {
	for _, v := range []words.Text{session.Reproduced, session.NotReproduced, session.Open, session.Illustration} {
		out += fmt.Sprintf(" %d |", n[v])
	}
	var ours []string
	for _, v := range []words.Text{session.Holds, session.DoesNotHold} {
		if n[v] > 0 {
			ours = append(ours, v.English())
		}
	}
	return out + " " + strings.Join(ours, ", ") + " |"
}

// sheet is an experiment's numbers beside the paper's.
func (e *Experiment) sheet(r *run) []table {
	switch e.Name {
	case "table1", "table2", "table3":
		return e.show(r).tables // have the paper's column already
	case "fig7", "fig8", "fig11":
		metric, format := map[string]string{"fig7": "loc_acc", "fig8": "balanced_accuracy", "fig11": "loss"}[e.Name], "%.3f"
		var out []table
		for _, p := range r.panels() {
			of := map[string]quoted{"fig7": p.fig7, "fig8": fig8All, "fig11": fig11All}[e.Name]
			t := table{title: r.panelTitle(p), header: []string{"method", "paper (at tick)", "ours, at the end"}}
			for _, m := range methods[:4] {
				var said []string
				for _, q := range of[m.name] {
					said = append(said, fmt.Sprintf("%.3g (%.0f)", q[1], q[0]))
				}
				t.rows = append(t.rows, []string{m.title, strings.Join(said, ", "),
					r.over(learn, m.name, p.subjects, r.budget.Ticks[len(r.budget.Ticks)-1], metric).Text(format)})
			}
			out = append(out, t)
		}
		return out
	case "fig12":
		t := table{title: "Median milliseconds", header: []string{"method", "frames", "type", "paper", "ours"}}
		for _, p := range profiles {
			for _, m := range methods {
				f := r.figures(task{timing, m.name, "time/" + p.name, 0, ledger.LastTick})
				for _, s := range shapes {
					if ms, ok := fig12[[3]string{p.name, m.name, s.name}]; ok {
						t.rows = append(t.rows, []string{m.title, p.title, s.name, fmt.Sprintf("%.0f", ms), number(value(f, "p50_"+s.name+"_ms"), "%.1f")})
					}
				}
			}
		}
		return []table{t}
	}
	return nil
}

// manifest says what the results rest on.
type manifest struct {
	Program     string        `json:"program"`
	Engine      string        `json:"engine"`
	Processors  int           `json:"processors"`
	Quick       bool          `json:"quick"`
	Budget      Budget        `json:"budget"`
	Experiments []string      `json:"experiments"`
	Only        []string      `json:"only,omitempty"` // data; nil: all
	Methods     []string      `json:"methods"`
	Seeds       []int         `json:"seeds"`
	Data        []manifestSet `json:"data"`
	Missing     []string      `json:"missing"`
}

type manifestSet struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	StandsIn string `json:"stands_in_for,omitempty"`
	Root     string `json:"root"`
	SHA256   string `json:"sha256"` // of names, labels and contents of what was taken
	Train    int    `json:"train"`
	Test     int    `json:"test"`
}

func (r *run) writeManifest() error {
	m := manifest{
		Program: r.o.Program, Engine: r.o.Engine.Describe(), Processors: runtime.NumCPU(), Quick: r.o.Quick, Budget: r.budget,
		Only: r.o.Only, Missing: r.data.missing(),
	}
	for _, e := range r.chosen {
		m.Experiments = append(m.Experiments, e.Name)
	}
	for _, x := range slices.Concat(methods, controls) {
		m.Methods = append(m.Methods, x.name)
	}
	for s := range r.budget.Seeds {
		m.Seeds = append(m.Seeds, s)
	}
	for _, x := range r.data.subjects {
		if x.set != nil {
			m.Data = append(m.Data, manifestSet{x.Name, x.Title, x.Stand, x.set.Root, x.hash, len(x.set.Train()), len(x.set.Test())})
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return r.write("manifest.json", append(b, '\n'))
}

func (r *run) write(name string, data []byte) error {
	err := replace(filepath.Join(r.o.Out, name), func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
	if err != nil {
		return &session.Problem{Op: "write the results", Err: err, Hint: "Free some space; the measurements are kept."}
	}
	return nil
}

// replace writes a file beside and puts it in place when it is whole and on disk.
func replace(name string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".agurscope-*")
	if err != nil {
		return err
	}
	if err = errors.Join(write(f), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}
