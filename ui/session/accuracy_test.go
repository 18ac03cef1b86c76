//go:build onednn && unix

package session

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/nn/metrics"
)

// The accuracy programs print the tables that claims of accuracy rest on. They
// take minutes to hours, are run by `make accuracy` and are no part of `make
// test`. AGURSCOPE_ACCURACY=1 lets them run; further variables change what they
// do, see [newAccuracy].

// TestAccuracySynthECJittered measures on drawn parts that lie nearly alike.
func TestAccuracySynthECJittered(t *testing.T) {
	a := newAccuracy(t, 3, 800)
	trials := a.synthEC(synthec.Jittered)
	a.print("SynthEC, jittered, 128 x 128", trials)
	if mean, _ := metrics.MeanStd(aurocs(trials, fitted)); !a.short && mean < .95 {
		t.Errorf("mean image AUROC %.3f, want at least 0.95", mean)
	}
}

// TestAccuracySynthECFree measures on drawn parts in any rotation, shifted by up
// to 10 % and lit from 1/1.5 to 1.5 times as brightly.
func TestAccuracySynthECFree(t *testing.T) {
	a := newAccuracy(t, 3, 800)
	a.print("SynthEC, any rotation, 128 x 128", a.synthEC(synthec.Free))
}

// synthEC measures on the parts of a pose; every seed draws parts of its own.
func (a *accuracy) synthEC(pose synthec.Pose) (out []trial) {
	for seed := range a.seeds {
		dir := filepath.Join(a.t.TempDir(), "set")
		if err := synthec.Write(a.t.Context(), dir, synthec.Options{Size: 128, Pose: pose, Seed: seed}, synthec.Counts{}); err != nil {
			a.t.Fatal(err)
		}
		out = append(out, a.measure(a.open(dir), seed)...)
	}
	return out
}

// shared is the folder of real pictures, which are not part of the program.
const shared = "../../../shared/data"

// TestAccuracyTransistor measures on MVTec AD's transistors, of which few have
// masks.
func TestAccuracyTransistor(t *testing.T) {
	a := newAccuracy(t, 3, 1600)
	a.print("MVTec AD, transistor", a.everySeed(a.open(filepath.Join(shared, "mvtec_ad", "transistor"))))
}

// TestAccuracyHazelnut measures on a part of nature in any rotation: 50 pictures
// to learn from, and ten to be tested with, so that its figures are coarse.
func TestAccuracyHazelnut(t *testing.T) {
	a := newAccuracy(t, 3, 1000)
	a.print("MVTec AD, hazelnut", a.everySeed(a.open(filepath.Join(shared, "mvtec_ad", "hazelnut"))))
}

// TestAccuracyKolektor measures on KolektorSDD: surfaces with fine cracks.
func TestAccuracyKolektor(t *testing.T) {
	a := newAccuracy(t, 3, 2000)
	a.print("KolektorSDD", a.everySeed(a.open(filepath.Join(shared, "kolektorsdd"))))
}

// everySeed measures on one set.
func (a *accuracy) everySeed(set *datasets.Set) (out []trial) {
	for seed := range a.seeds {
		out = append(out, a.measure(set, seed)...)
	}
	return out
}

// fashion is where Debian's package dataset-fashion-mnist has its files.
const fashion = "/usr/share/datasets/fashion-mnist"

// fashionLearnt is how many of a class's 6,000 pictures are learnt from: more
// make the measurement longer and the figures no better.
const fashionLearnt = 1500

// TestAccuracyFashion takes every class of Fashion-MNIST in turn for normal: it
// learns from some of its pictures, of which a fifth is held out, and is tested
// with its 1,000 others and the 9,000 of the other classes. Pictures of 28 x 28
// are enlarged to 64 x 64, for features are taken from cells of 8 pixels.
func TestAccuracyFashion(t *testing.T) {
	begin := func(t *testing.T) *accuracy {
		a := newAccuracy(t, 1, 300)
		a.o.Input, a.rows = 64, []string{fitted, "handcrafted", "pca"}
		return a
	}
	all := begin(t)
	var choice *datasets.ChoiceError
	if _, err := datasets.Open(fashion); errors.Is(err, fs.ErrNotExist) || !errors.As(err, &choice) {
		t.Skipf("install the package dataset-fashion-mnist for this: %v", err)
	}
	classes := map[string][]trial{}
	for _, c := range choice.Choices {
		t.Run(c.Name, func(t *testing.T) {
			a := begin(t)
			set := a.open(c.Root)
			a.thin(set, func(it datasets.Item) int {
				if it.Split == datasets.Train {
					return fashionLearnt
				}
				return len(set.Items)
			})
			classes[c.Name] = a.everySeed(set)
			a.print("Fashion-MNIST, "+c.Name+" is normal", classes[c.Name])
		})
	}
	fmt.Printf("\n### Fashion-MNIST, image AUROC by class\n\n%s\n\n| normal class |", all.conditions())
	for _, m := range all.methods() {
		fmt.Printf(" %s |", m)
	}
	fmt.Println("\n|---|" + dashes(len(all.methods())))
	means := map[string][]float64{}
	for _, c := range choice.Choices {
		if classes[c.Name] == nil {
			continue
		}
		fmt.Printf("| %s |", c.Name)
		for _, m := range all.methods() {
			s := SpreadOf(aurocs(classes[c.Name], m))
			means[m] = append(means[m], float64(s.Mean))
			fmt.Printf(" %s |", s.Text("%.3f"))
		}
		fmt.Println()
	}
	fmt.Print("| mean of classes |")
	for _, m := range all.methods() {
		fmt.Printf(" %.3f |", SpreadOf(means[m]).Mean)
	}
	fmt.Println()
}
