package anomaly

import (
	"fmt"
	"slices"
	"strings"

	"agurscope/nn/defect"
	"agurscope/nn/ssdae"
)

// Variant is one composition of the method, for ablations.
type Variant struct {
	Name    string // on the command line
	About   string // in a few words
	Without Without
	SSDAE   ssdae.Form
	MGAN    string
	Mix     defect.Mix // of the damage to train on
	Replay  float64    // share of each batch that repeats what was hardest
}

// What the paper's Table 3 starts from, and the same with channel attention.
var (
	plainUNet = Without{ASPP: true, Gates: true, ECA: true, PreAct: true, Score: true, Features: true}
	withECA   = Without{ASPP: true, Gates: true, PreAct: true, Score: true, Features: true}
)

// Variants are the default, the rows of the paper's Table 3 in its order, and
// ours. The default leaves out the denoiser and the adversarial module: they cost
// a third of the time and are worth nothing that three seeds can tell (RESULTS.md).
var Variants = []Variant{
	{Name: "", About: "the default: everything but denoiser and adversarial module"},
	{Name: "basic", About: "plain U-Net, and its residual alone", Without: plainUNet},
	{Name: "+ssdae", About: "the same behind the denoiser", Without: plainUNet, SSDAE: ssdae.Conv},
	{Name: "+ssdae+mgan", About: "and with the adversarial module", Without: plainUNet, SSDAE: ssdae.Conv, MGAN: "band"},
	{Name: "+eca", About: "and with channel attention", Without: withECA, SSDAE: ssdae.Conv, MGAN: "band"},
	{Name: "complete", About: "everything", SSDAE: ssdae.Conv, MGAN: "band"},

	{Name: "complete-aspp", About: "without the atrous pyramid", SSDAE: ssdae.Conv, MGAN: "band", Without: Without{ASPP: true}},
	{Name: "complete-skips", About: "without skip connections", SSDAE: ssdae.Conv, MGAN: "band", Without: Without{Skips: true}},
	{Name: "complete-noise", About: "trained on Gaussian noise only", SSDAE: ssdae.Conv, MGAN: "band", Mix: defect.Mix{Clean: 1}},
	{Name: "complete-score", About: "without the scoring network", SSDAE: ssdae.Conv, MGAN: "band", Without: Without{Score: true}},
	{Name: "complete-features", About: "without the terms of features", SSDAE: ssdae.Conv, MGAN: "band", Without: Without{Features: true}},

	{Name: "ssdae-literal", About: "the default behind the denoiser of patches", SSDAE: ssdae.Literal},
	{Name: "mgan-spectrum", About: "the default with the frequency branch on spectra", MGAN: "spectrum"},
	{Name: "components", About: "the default, with damage of components", Mix: defect.Components()},
	{Name: "replay", About: "the default, a quarter of each batch being what the scoring network got most wrong", Replay: .25},
	{Name: "no-features", About: "the default without the terms of features", Without: Without{Features: true}},
}

// VariantByName returns the named variant.
func VariantByName(name string) (Variant, error) {
	i := slices.IndexFunc(Variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		var names []string
		for _, v := range Variants[1:] {
			names = append(names, v.Name)
		}
		return Variant{}, fmt.Errorf("variant %q is not one of %s", name, strings.Join(names, ", "))
	}
	return Variants[i], nil
}

// Network describes the variant in a size and an input.
func (v Variant) Network(size string, w, h int) Network {
	return Network{Size: size, Width: w, Height: h, Without: v.Without, SSDAE: v.SSDAE, MGAN: v.MGAN}
}
