package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/datasets/synthec"
)

// Subject is a set of pictures to learn from and to test on.
type Subject struct {
	Name     string // as in "mvtec/transistor"
	Title    string // for people
	Dataset  string
	Category string
	Stand    string // what of the paper it stands in for; "" where it is the paper's own

	root string // what datasets.Open takes; "" where it is drawn
	draw func(ctx context.Context, dir string) error
	why  string // why it cannot be had
	set  *datasets.Set
	hash string // of what is taken of it
}

// Missing says why the subject cannot be had, "" if it can.
func (s *Subject) Missing() string { return s.why }

// shelf is the data of a run.
type shelf struct {
	o        Options
	b        Budget
	subjects []*Subject
}

// The names that several experiments use.
const (
	kolektor  = "kolektorsdd"
	kolektor2 = "ksdd2"
	ecd       = "synthec/ecd"
	stages    = "synthec/stages"
	fourKinds = "four-classes"
)

// drawn are the sets that we draw ourselves, in the place of those of the paper
// that nobody can have.
var drawn = []struct {
	name, title, stand string
	pose               synthec.Pose
	size               int
	seed               uint64
}{
	{"aligned", "SynthEC aligned", "KSDD2 “gear wheel”", synthec.Aligned, 128, 1},
	{"jittered", "SynthEC jittered", "KSDD2 “lock”", synthec.Jittered, 128, 2},
	{"turned", "SynthEC turned", "KSDD2 “plastic case”", synthec.Free, 160, 3},
	{"coarse", "SynthEC coarse", "KSDD2 “chip”", synthec.Aligned, 72, 4},
}

// profiles are the frames of the two factories of Fig. 12.
var profiles = []struct {
	name, title string
	side        int
}{{"x1", string(words.Text("Factory X1, 1024 x 1024")), 1024}, {"x2", string(words.Text("Factory X2, 512 x 512")), 512}}

// newShelf looks what there is. Nothing is read or drawn yet.
func newShelf(o Options, b Budget) *shelf {
	s := &shelf{o: o, b: b}
	folder := func(names ...string) string {
		for _, n := range names {
			if p := filepath.Join(o.Data, filepath.FromSlash(n)); o.Data != "" && isFolder(p) {
				return p
			}
		}
		return ""
	}
	add := func(x *Subject) {
		if x.root == "" && x.draw == nil && x.why == "" {
			x.why = fmt.Sprintf("it is not in %s", o.where())
		}
		s.subjects = append(s.subjects, x)
	}
	for _, c := range []string{"bottle", "cable", "hazelnut", "transistor", "capsule", "screw", "leather", "carpet"} {
		add(&Subject{Name: "mvtec/" + c, Title: "MVTec AD " + c, Dataset: "MVTec AD", Category: c, root: folder("mvtec_ad/"+c, "mvtec/"+c, "MVTec/"+c)})
	}
	add(&Subject{Name: kolektor2, Title: "KolektorSDD2", Dataset: "KSDD2", Category: "surface", root: folder("ksdd2", "kolektorsdd2", "KolektorSDD2")})
	add(&Subject{Name: kolektor, Title: "KolektorSDD", Dataset: "KolektorSDD", Category: "commutator", Stand: "KSDD2", root: folder("kolektorsdd", "KolektorSDD")})
	fashion := folder("fashion-mnist", "fashionmnist", "FashionMNIST")
	if fashion == "" && isFolder("/usr/share/datasets/fashion-mnist") {
		fashion = "/usr/share/datasets/fashion-mnist"
	}
	for _, c := range []string{"bag", "sandal", "pullover", "coat"} {
		x := &Subject{Name: "fashion/" + c, Title: "Fashion-MNIST " + c, Dataset: "Fashion-MNIST", Category: c}
		if fashion != "" {
			x.root = fashion + "#" + c
		} else {
			x.why = "it is not in " + o.where() + " nor installed (Debian package dataset-fashion-mnist)"
		}
		add(x)
	}
	add(&Subject{Name: "ydfid", Title: "YDFID-1", Dataset: "YDFID-1", Category: "all", root: folder("ydfid-1", "ydfid1", "ydfid", "YDFID-1", "YDFID")})
	for _, d := range drawn {
		add(&Subject{
			Name: "synthec/" + d.name, Title: d.title, Dataset: "SynthEC", Category: d.name, Stand: d.stand,
			draw: s.drawing(synthec.Options{Size: d.size, Pose: d.pose, Seed: d.seed}, synthec.Counts{Train: 100, TestGood: 60, PerDefect: 10}),
		})
	}
	per := synthec.Counts{Train: 200, TestGood: 250, PerDefect: 42} // 252 of them
	if b.Test > 0 {
		per = synthec.Counts{Train: 100, TestGood: 60, PerDefect: 10}
	}
	add(&Subject{
		Name: ecd, Title: string(words.Text("SynthEC components")), Dataset: "SynthEC", Category: "components", Stand: "ECD",
		draw: s.drawing(synthec.Options{Pose: synthec.Jittered, Seed: 5}, per),
	})
	add(&Subject{
		Name: stages, Title: string(words.Text("SynthEC in five stages")), Dataset: "SynthEC", Category: "stages", Stand: "the paper's five stages of production",
		draw: s.drawing(synthec.Options{Seed: 6}, synthec.Counts{Train: 100, TestGood: 10, PerDefect: 3}),
	})
	for _, p := range profiles {
		add(&Subject{
			Name: "time/" + p.name, Title: "SynthEC, " + p.title, Dataset: "SynthEC", Category: "factory " + p.name, Stand: p.title,
			draw: s.drawing(synthec.Options{Size: p.side, Seed: 7}, synthec.Counts{Train: 20, TestGood: 2, PerDefect: max(2, (b.Pictures+5)/6)}),
		})
	}
	s.addFour()
	return s
}

// addFour is one set of four products, for Fig. 9: those of the paper where they
// are there, others in their place.
func (s *shelf) addFour() {
	x := &Subject{Name: fourKinds, Dataset: "four products"}
	var have, lost []string
	for _, name := range []string{
		"mvtec/capsule", "mvtec/screw", "mvtec/leather", "mvtec/carpet",
		"mvtec/transistor", "mvtec/hazelnut", kolektor, "synthec/jittered", "synthec/turned", "synthec/coarse", "synthec/aligned",
	} {
		switch p := s.get(name); {
		case p.why != "":
			if strings.HasPrefix(name, "mvtec/") {
				lost = append(lost, p.Category)
			}
		case len(have) < 4:
			have = append(have, name)
		}
	}
	var titles []string
	for _, name := range have {
		titles = append(titles, s.get(name).Title)
	}
	x.Category, x.Title = strings.Join(have, " "), strings.Join(titles, ", ")
	if len(lost) > 0 {
		x.Stand = "MVTec AD capsule, screw, leather and carpet"
	}
	x.draw = func(context.Context, string) error { return nil }
	s.subjects = append(s.subjects, x)
}

func (o Options) where() string {
	if o.Data == "" {
		return "the folder of data (none was given)"
	}
	return o.Data
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (s *shelf) drawing(o synthec.Options, c synthec.Counts) func(context.Context, string) error {
	return func(ctx context.Context, dir string) error { return synthec.Write(ctx, dir, o, c) }
}

// get returns a subject by name; asking for one that was never entered is a bug.
func (s *shelf) get(name string) *Subject {
	return s.subjects[slices.IndexFunc(s.subjects, func(x *Subject) bool { return x.Name == name })]
}

func (s *shelf) title(name string) string { return s.get(name).Title }

// has reports whether a subject can be had.
func (s *shelf) has(name string) bool { return s.get(name).why == "" }

// missing lists what cannot be had, and why.
func (s *shelf) missing() (out []string) {
	for _, x := range s.subjects {
		if x.why != "" && s.o.chosen(x.Name) {
			out = append(out, x.Title+": "+x.why)
		}
	}
	if s.o.chosen(ecd) {
		out = append(out, "ECD: no data set of that name is public")
	}
	return out
}

// chosen reports whether a subject is one to measure on.
func (o Options) chosen(subject string) bool {
	return len(o.Only) == 0 || slices.ContainsFunc(o.Only, func(name string) bool {
		return subject == name || strings.HasPrefix(subject, name+"/")
	})
}

// CheckOnly refuses names in Only that no data has.
func (o Options) CheckOnly() error {
	names := dataNames()
	for _, name := range o.Only {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no data called %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// dataNames are what [Options.Only] can name, data sets before what is in them.
func dataNames() (out []string) {
	var parts []string
	for _, x := range newShelf(Options{}, Quick).subjects {
		set, _, whole := strings.Cut(x.Name, "/")
		if !slices.Contains(out, set) {
			out = append(out, set)
		}
		if whole {
			parts = append(parts, x.Name)
		}
	}
	return append(out, parts...)
}

// Sets names those that a folder has, with how many of each, and counts those that
// it has not.
func Sets(dir string) (found []string, missing int) {
	n := map[string]int{}
	for _, x := range newShelf(Options{Data: dir}, Quick).subjects {
		switch {
		case x.why != "":
			missing++
		case x.root != "":
			if n[x.Dataset]++; n[x.Dataset] == 1 {
				found = append(found, x.Dataset)
			}
		}
	}
	for i, name := range found {
		if n[name] > 1 {
			found[i] = fmt.Sprintf("%s (%d)", name, n[name])
		}
	}
	return found, missing
}

// ready opens a subject, or draws it first.
func (s *shelf) ready(ctx context.Context, name string) error {
	x := s.get(name)
	if x.set != nil {
		return nil
	}
	if x.why != "" {
		return errors.New(x.why)
	}
	var err error
	switch {
	case name == fourKinds:
		err = s.join(ctx, x)
	case x.root != "":
		x.set, err = datasets.Open(x.root)
	default:
		dir := filepath.Join(s.o.Out, "data", strings.ReplaceAll(name, "/", "-"))
		if err = drawOnce(ctx, dir, x.draw); err == nil {
			x.set, err = datasets.Open(dir)
		}
	}
	if err != nil {
		return err
	}
	if name != fourKinds && name != stages && !strings.HasPrefix(name, "time/") {
		x.set = s.shorten(x.set)
	}
	x.hash, err = datasets.ManifestHash(ctx, x.set.Items)
	return err
}

// drawOnce draws into a folder beside and puts that in place when it is whole.
func drawOnce(ctx context.Context, dir string, draw func(context.Context, string) error) error {
	if isFolder(dir) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	// A name of its own: what a kill has left half done is taken away.
	old, err := filepath.Glob(dir + ".drawing-*")
	if err != nil {
		return err
	}
	for _, o := range old {
		if err := os.RemoveAll(o); err != nil {
			return err
		}
	}
	half, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".drawing-")
	if err != nil {
		return err
	}
	if err := draw(ctx, half); err != nil {
		return errors.Join(err, os.RemoveAll(half))
	}
	if err := os.Chmod(half, 0o755); err != nil { //nolint:gosec // pictures, for everybody to look at
		return err
	}
	return os.Rename(half, dir)
}

// shorten takes no more of a set than the budget allows: parts at even distances
// in their order, of every type as many as its share.
func (s *shelf) shorten(set *datasets.Set) *datasets.Set {
	out := *set
	var good, bad []datasets.Item
	for _, it := range set.Test() {
		switch it.Label {
		case datasets.Normal:
			good = append(good, it)
		case datasets.Anomalous:
			bad = append(bad, it)
		}
	}
	slices.SortStableFunc(bad, func(a, b datasets.Item) int { return strings.Compare(a.Type, b.Type) })
	out.Items = slices.Concat(evenly(set.Train(), s.b.Train), evenly(good, s.b.Test), evenly(bad, s.b.Test))
	return &out
}

// evenly takes n at even distances; all for 0.
func evenly[T any](all []T, n int) []T {
	if n <= 0 || len(all) <= n {
		return all
	}
	out := make([]T, n)
	for i := range out {
		out[i] = all[int(math.Floor((float64(i)+.5)*float64(len(all))/float64(n)))]
	}
	return out
}

// fourEach is how many parts of each product a unified model sees.
const fourEach = 100

// join makes one set of four.
func (s *shelf) join(ctx context.Context, x *Subject) error {
	x.set = &datasets.Set{Root: "four products", Layout: "four products"}
	n := s.b.Train / 2
	if n == 0 {
		n = fourEach
	}
	for name := range strings.FieldsSeq(x.Category) {
		if err := s.ready(ctx, name); err != nil {
			return err
		}
		of := s.get(name)
		bad := slices.DeleteFunc(slices.Clone(of.set.Test()), func(it datasets.Item) bool { return it.Label != datasets.Anomalous })
		for _, it := range slices.Concat(evenly(of.set.Train(), n), evenly(bad, n)) {
			it.Name = name + "/" + it.Name
			if it.Label == datasets.Anomalous {
				it.Type = of.Category
			}
			x.set.Items = append(x.set.Items, it)
		}
	}
	return nil
}
