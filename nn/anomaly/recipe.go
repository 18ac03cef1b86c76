package anomaly

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/nn/segment"
	"agurscope/nn/ssdae"
)

// Schema is the version of the recipe format that this program writes. It
// reads this one and older ones.
const Schema = 3

// Recipe is everything needed to inspect one kind of part: network, weights,
// calibration and where they come from. It lives in a file NAME.agur.
type Recipe struct {
	Name        string
	Created     time.Time
	Program     string // version that wrote it
	Model       *Model
	Preparation Preparation
	Training    Training
	Statistics  *Statistics // nil: residual and scoring network alone
	Calibration *Calibration
	Versions    []Version // after the first, oldest first
	Thumbnail   []byte    // PNG of a good part, may be nil

	Path   string // where it was read from or written to
	SHA256 string // of that file
}

// Training says how a recipe's weights came to be.
type Training struct {
	Set      string  `json:"set"`      // name of the image set
	Manifest string  `json:"manifest"` // hash of names and contents of the training images
	Images   int     `json:"images"`
	Seed     uint64  `json:"seed"`
	Steps    int     `json:"steps"`
	Batch    int     `json:"batch"`
	Seconds  float64 `json:"seconds"`
	Loss     float64 `json:"loss"`
	Engine   string  `json:"engine"`

	// What was learnt besides the set: beginnings of the hashes of pictures.
	Queued []string `json:"queued,omitempty"`
}

// recipeFile is recipe.json.
type recipeFile struct {
	Schema   int              `json:"schema"`
	Name     string           `json:"name"`
	Method   string           `json:"method"`
	Created  time.Time        `json:"created"`
	Program  string           `json:"program"`
	Network  Network          `json:"network"`
	Denoiser ssdae.Acceptance `json:"denoiser,omitzero"`
	Input    string           `json:"input"` // how pictures become tensors
	Prepare  Preparation      `json:"preparation,omitzero"`
	Training Training         `json:"training"`
	Features *Statistics      `json:"statistics,omitempty"`
	Versions []Version        `json:"versions,omitempty"`
}

const (
	inputName = "area-rgb-01" // resized by area, three planes in [0,1]
)

// manifestEntry is one line of manifest.json: what an entry must hash to.
type manifestEntry struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// RecipeError is a recipe that cannot be used, in one sentence for people.
type RecipeError struct {
	Path, Reason, Remedy string
	Err                  error
}

// Error implements error.
func (e *RecipeError) Error() string {
	return fmt.Sprintf("recipe %s: it %s; %s", e.Path, e.Reason, e.Remedy)
}

// Unwrap returns the cause.
func (e *RecipeError) Unwrap() error { return e.Err }

const (
	maxRecipe  = 1 << 30
	maxWeights = 512 << 20
	maxPicture = 64 << 20 // one of MaxSide x MaxSide takes less, whatever it shows
	maxText    = 8 << 20  // of JSON, which can take forty times its size once it is read
	maxEntries = 16
	recipeExt  = ".agur"

	weightsEntry = "weights.safetensors"
)

// Save writes the recipe to path: to a temporary file, synced, then renamed.
// What could not be read again is not written in place of what can. It sets Path
// and SHA256.
func (r *Recipe) Save(path string) error {
	if !strings.EqualFold(filepath.Ext(path), recipeExt) {
		return fmt.Errorf("save recipe %s: the name must end in %s", path, recipeExt)
	}
	entries, err := r.entries()
	if err != nil {
		return fmt.Errorf("save recipe %s: %w", path, err)
	}
	data, err := pack(entries)
	if err != nil {
		return fmt.Errorf("save recipe %s: %w", path, err)
	}
	if _, err := ParseRecipe(data); err != nil {
		var re *RecipeError
		if errors.As(err, &re) {
			err = errors.New("what would be written cannot be read again: it " + re.Reason)
		}
		return fmt.Errorf("save recipe %s: %w", path, err)
	}
	if err := writeFile(path, data); err != nil {
		return fmt.Errorf("save recipe %s: %w", path, err)
	}
	sum := sha256.Sum256(data)
	r.Path, r.SHA256 = path, hex.EncodeToString(sum[:])
	return nil
}

type entry struct {
	name string
	data []byte
}

func (r *Recipe) entries() ([]entry, error) {
	head, err := json.MarshalIndent(recipeFile{
		Schema: Schema, Name: r.Name, Method: r.Method(), Created: r.Created.UTC(), Program: r.Program,
		Network: r.Model.Network, Denoiser: r.Model.Denoiser, Input: inputName, Prepare: r.Preparation, Training: r.Training, Features: r.Statistics, Versions: r.Versions,
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	tensors := tensorMap{}
	for _, p := range kept(r.Model.Params) {
		tensors[p.Name] = namedTensor{Shape: p.Value.Shape(), Data: p.Data()}
	}
	tensors.addStatistics(r.Statistics)
	tensors.addFixture(r.Preparation.Fixture)
	out := []entry{{"recipe.json", head}}
	if c := r.Calibration; c != nil {
		cal, err := json.MarshalIndent(c, "", "  ")
		if err != nil {
			return nil, err
		}
		out = append(out, entry{"calibration.json", cal})
		tensors.addMap("calibration.", c.Residual)
		tensors.addMap("calibration.score.", c.Logits)
		tensors.addMap("calibration.frequency.", c.Frequency)
	}
	weights, err := tensors.encode()
	if err != nil {
		return nil, err
	}
	out = append(out, entry{weightsEntry, weights})
	if m := r.ROI(); m != nil {
		data, err := encodeROI(m)
		if err != nil {
			return nil, err
		}
		out = append(out, entry{roiEntry, data})
	}
	if len(r.Thumbnail) > 0 {
		out = append(out, entry{"thumbnail.png", r.Thumbnail})
	}
	return out, nil
}

// pack zips the entries behind a manifest of their hashes.
func pack(entries []entry) ([]byte, error) {
	manifest := map[string]manifestEntry{}
	for _, e := range entries {
		sum := sha256.Sum256(e.data)
		manifest[e.name] = manifestEntry{hex.EncodeToString(sum[:]), int64(len(e.data))}
	}
	m, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, e := range append([]entry{{"manifest.json", m}}, entries...) {
		method := zip.Deflate
		if e.name == weightsEntry || e.name == "thumbnail.png" || e.name == roiEntry {
			method = zip.Store // does not get smaller
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// LoadRecipe reads a recipe file, verifying every hash and bounding every size
// before it allocates. Its errors are of type *RecipeError.
func LoadRecipe(path string) (*Recipe, error) {
	refuse := func(reason, remedy string, err error) (*Recipe, error) {
		return nil, &RecipeError{path, reason, remedy, err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("does not exist", "check the path", err)
	case err != nil:
		return refuse("cannot be read: "+err.Error(), "check the permissions", err)
	case info.IsDir():
		return refuse("is a folder", "choose a file that ends in .agur", nil)
	case !info.Mode().IsRegular():
		return refuse("is a device", "choose a file that ends in .agur", nil)
	case info.Size() > maxRecipe:
		return refuse("is larger than any recipe", "choose a file made by agurscope train", nil)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return refuse("cannot be read: "+err.Error(), "check the permissions", err)
	}
	r, err := ParseRecipe(data)
	if err != nil {
		var re *RecipeError
		if errors.As(err, &re) {
			re.Path = path
		}
		return nil, err
	}
	r.Path = path
	return r, nil
}

// ParseRecipe reads a recipe from the bytes of its file.
func ParseRecipe(data []byte) (*Recipe, error) {
	const again = "train it again or use a backup"
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, &RecipeError{"", "is not a recipe file or is cut short", again, err}
	}
	entries, err := readEntries(z, data)
	if err != nil {
		return nil, &RecipeError{"", "is damaged: " + err.Error(), again, err}
	}
	var head recipeFile
	if err := json.Unmarshal(entries["recipe.json"], &head); err != nil {
		return nil, &RecipeError{"", "has an unreadable description", again, err}
	}
	switch {
	case head.Schema > Schema:
		return nil, &RecipeError{"", fmt.Sprintf("was made by a newer program (format %d, this one reads %d)", head.Schema, Schema), "update Agurscope", nil}
	case head.Schema < 1 || head.Method == "" || head.Input != inputName || !slices.Contains(MethodNames(), head.Method):
		return nil, &RecipeError{"", fmt.Sprintf("uses method %q, input %q, which this program does not know", head.Method, head.Input), "update Agurscope", nil}
	}
	if head.Method != agurnet {
		head.Network.Method = head.Method
	}
	r := &Recipe{Name: head.Name, Created: head.Created, Program: head.Program, Preparation: head.Prepare, Training: head.Training, Statistics: head.Features, Versions: head.Versions, Thumbnail: bytes.Clone(entries["thumbnail.png"])}
	if err := r.fill(head.Network, entries); err != nil {
		return nil, &RecipeError{"", "is damaged: " + err.Error(), again, err}
	}
	if err := checkVersions(r.Versions); err != nil {
		return nil, &RecipeError{"", "is damaged: " + err.Error(), again, err}
	}
	if !(head.Denoiser.Strength >= 0 && head.Denoiser.Strength <= 1) {
		return nil, &RecipeError{"", "is damaged: its denoiser's strength is out of range", again, nil}
	}
	r.Model.Denoiser = head.Denoiser
	sum := sha256.Sum256(data)
	r.SHA256 = hex.EncodeToString(sum[:])
	return r, nil
}

// readEntries reads and verifies what manifest.json lists; nothing else may be
// in the file. What is stored as it is stays in data, the bytes of the file.
func readEntries(z *zip.Reader, data []byte) (map[string][]byte, error) {
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("%d entries", len(z.File))
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		most := uint64(maxText)
		switch {
		case f.Name == weightsEntry:
			most = maxWeights
		case strings.HasSuffix(f.Name, ".png"):
			most = maxPicture
		}
		if f.UncompressedSize64 > most {
			return nil, fmt.Errorf("entry %q claims %d bytes", f.Name, f.UncompressedSize64)
		}
		if _, twice := out[f.Name]; twice {
			return nil, fmt.Errorf("entry %q appears twice", f.Name)
		}
		b, err := readEntry(f, data)
		if err != nil {
			return nil, fmt.Errorf("entry %q: %w", f.Name, err)
		}
		out[f.Name] = b
	}
	var manifest map[string]manifestEntry
	if err := json.Unmarshal(out["manifest.json"], &manifest); err != nil {
		return nil, errors.New("its manifest is unreadable")
	}
	delete(out, "manifest.json")
	if len(manifest) != len(out) {
		return nil, errors.New("entries and manifest differ")
	}
	for name, b := range out {
		sum := sha256.Sum256(b)
		if manifest[name].SHA256 != hex.EncodeToString(sum[:]) {
			return nil, fmt.Errorf("entry %q does not match its hash", name)
		}
	}
	return out, nil
}

func readEntry(f *zip.File, data []byte) ([]byte, error) {
	if f.Method == zip.Store {
		at, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		if size := f.UncompressedSize64; uint64(at) > uint64(len(data)) || size > uint64(len(data))-uint64(at) {
			return nil, errors.New("its size is wrong")
		}
		return data[at:][:f.UncompressedSize64:f.UncompressedSize64], nil
	}
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	// The size claimed was checked; more than that is a lie. The buffer grows
	// with what is really there.
	b, err := io.ReadAll(io.LimitReader(rc, int64(f.UncompressedSize64)+1))
	if err == nil && uint64(len(b)) != f.UncompressedSize64 {
		err = errors.New("its size is wrong")
	}
	return b, err
}

// fill builds the model and puts weights and calibration in place.
func (r *Recipe) fill(n Network, entries map[string][]byte) (err error) {
	tensors, err := decodeTensors(entries[weightsEntry])
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if r.Model, err = NewModel(n, 0); err != nil {
		return err
	}
	for _, p := range r.Model.Params.All {
		t, ok := tensors[p.Name]
		if !ok || !slices.Equal(t.Shape, p.Value.Shape()) {
			return fmt.Errorf("weights of %s are missing or of another size", p.Name)
		}
		if strings.HasSuffix(p.Name, ".var") && slices.Min(t.Data) < 0 {
			return fmt.Errorf("variances %s are negative", p.Name)
		}
		copy(p.Data(), t.Data)
		delete(tensors, p.Name)
	}
	if err := r.Preparation.fill(tensors); err != nil {
		return err
	}
	if data := entries[roiEntry]; data != nil {
		if r.Preparation.ignored, err = decodeROI(data, n.Width, n.Height); err != nil {
			return err
		}
	}
	if err := tensors.takeStatistics(r.Statistics, n); err != nil {
		return err
	}
	if !r.Statistics.fit(r.Model) {
		return errors.New("its statistics do not fit the network")
	}
	if raw := entries["calibration.json"]; raw != nil {
		if err := r.fillCalibration(raw, tensors); err != nil {
			return err
		}
	}
	for name := range tensors {
		return fmt.Errorf("tensor %q is not part of the network", name)
	}
	return nil
}

// modes are those a calibration has thresholds for.
var modes = []segment.Mode{segment.HalfPeak, segment.Hysteresis, segment.TwoSided}

func (r *Recipe) fillCalibration(raw []byte, tensors tensorMap) error {
	c := &Calibration{}
	if err := json.Unmarshal(raw, c); err != nil {
		return errors.New("its calibration is unreadable")
	}
	if !slices.EqualFunc(c.Terms, r.terms(), func(t Term, name string) bool { return t.Name == name }) ||
		c.SignedStd <= 0 || !(c.Reject > 0) || c.Review > c.Reject {
		return errors.New("its calibration does not fit the network")
	}
	for _, t := range c.Terms {
		if t.Q999 <= t.Median || t.Weight < 0 {
			return errors.New("its calibration has an empty scale")
		}
	}
	if _, ok := c.Pixel[c.Mode]; !ok || !slices.Contains(modes, c.Mode) {
		return fmt.Errorf("its calibration has no thresholds for mode %q", c.Mode)
	}
	n := r.Model.Network
	registered := c.Alignment == Registered
	residual := slices.ContainsFunc(c.Terms, func(t Term) bool { return t.Name == ResidualTerm })
	for _, m := range []struct {
		prefix string
		wanted bool
		to     **positional
	}{
		{"calibration.", registered && residual, &c.Residual},
		{"calibration.score.", n.own() && !n.Without.Score && c.scoreByPosition(r), &c.Logits},
		{"calibration.frequency.", n.MGAN != "" && registered, &c.Frequency},
	} {
		if !m.wanted {
			continue
		}
		var err error
		if *m.to, err = tensors.takeMap(m.prefix, n); err != nil {
			return fmt.Errorf("its calibration: %w", err)
		}
	}
	r.Calibration = c
	return nil
}
