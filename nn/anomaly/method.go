package anomaly

import (
	"fmt"
	"slices"
	"strings"

	"agurscope/nn/rival"
	"agurscope/nn/rival/bilstm"
	"agurscope/nn/rival/cflow"
	"agurscope/nn/rival/control"
	"agurscope/nn/rival/dagan"
	"agurscope/nn/rival/lstmndt"
	"agurscope/nn/rival/mscdae"
)

// Method is a way of inspecting: AGUR-Net, or one that it is measured against.
// Preparation, calibration, thresholds and panes are the same for all.
type Method struct {
	Name         string // on the command line and in recipes
	Title        string // in tables
	About        string // in a few words
	Reconstructs bool   // it paints the part as it should be
	Trained      bool   // in steps; otherwise it is computed at once

	term     string       // of its map
	backbone bool         // it stands on a trained AGUR-Net
	rival    rival.Method // nil: AGUR-Net, or handcrafted features alone
}

// The names that this package asks for.
const (
	agurnet   = "agurnet"
	cellsOnly = "handcrafted"
)

// Methods lists the methods, the default first.
var Methods = []Method{
	{Name: agurnet, Title: "AGUR-Net", About: "the default: reconstruction, scoring network and statistics of features", Reconstructs: true, Trained: true},
	{Name: "dagan", Title: "DAGAN", About: "rebuilding by a GAN with position and channel attention", Reconstructs: true, Trained: true, term: ResidualTerm, rival: dagan.Method},
	{Name: "lstm-ndt", Title: "LSTM-NDT", About: "patches predicted one after the other, dynamic thresholds (Hundman et al. 2018)", Trained: true, term: "prediction", rival: lstmndt.Method},
	{Name: "bilstm", Title: "BiLSTM", About: "every patch told from those before and after it", Reconstructs: true, Trained: true, term: "cloze", rival: bilstm.Method},
	{Name: "mscdae", Title: "MSCDAE", About: "denoising autoencoders of patches at three scales (Mei et al. 2018)", Reconstructs: true, Trained: true, term: ResidualTerm, rival: mscdae.Method},
	{Name: "cflow", Title: "CFLOW-AD", About: "likelihood of a trained encoder's features under flows (Gudovskiy et al. 2022)", Trained: true, term: "likelihood", backbone: true, rival: cflow.Method},
	{Name: "template", Title: "Template", About: "every pixel against mean and deviation of the good parts", Reconstructs: true, term: TemplateTerm, rival: control.Template},
	{Name: "pca", Title: "PCA", About: "what 30 principal components of the good parts do not rebuild", Reconstructs: true, term: "pca", rival: control.PCA},
	{Name: cellsOnly, Title: "Handcrafted features", About: "a Gaussian per position over handcrafted features, nothing learned", term: HandcraftedTerm},
}

// MethodByName returns the named method; the empty name is the default.
func MethodByName(name string) (Method, error) {
	if name == "" {
		name = agurnet
	}
	i := slices.IndexFunc(Methods, func(m Method) bool { return m.Name == name })
	if i < 0 {
		return Method{}, fmt.Errorf("method %q is not one of %s", name, strings.Join(MethodNames(), ", "))
	}
	return Methods[i], nil
}

// MethodNames lists the methods' names, the default first.
func MethodNames() []string {
	out := make([]string, len(Methods))
	for i, m := range Methods {
		out[i] = m.Name
	}
	return out
}

// Method is the name of the recipe's method.
func (r *Recipe) Method() string { return r.Model.Network.method().Name }

// method returns the network's method; Validate has refused unknown ones.
func (n Network) method() Method {
	m, err := MethodByName(n.Method)
	if err != nil {
		panic(err)
	}
	return m
}

// own reports whether the network is AGUR-Net.
func (n Network) own() bool { return n.Method == "" }

// backbone is the AGUR-Net that the network's method stands on.
func (n Network) backbone() Network {
	n.Method = ""
	return n
}

// Describes reports whether the recipe wants [FitStatistics]: the method looks
// at features against those of good parts.
func (n Network) Describes() bool {
	return n.own() && !n.Without.Features || n.method().term == HandcraftedTerm
}

// Title names the network's method as tables do.
func (n Network) Title() string { return n.method().Title }

// Reconstructs reports whether the method paints the part as it should be. Where
// it does not, a prediction has no reconstruction.
func (n Network) Reconstructs() bool { return n.method().Reconstructs }
