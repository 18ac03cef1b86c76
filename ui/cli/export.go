package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"agurscope/nn/anomaly"
	"agurscope/nn/onnx"
)

type exportFlags struct {
	recipe, onnx string
	replace      bool
	json         bool
}

// exported is the JSON of export.
type exported struct {
	ONNX         string            `json:"onnx"`
	Bytes        int64             `json:"bytes"`
	Opset        int               `json:"opset"`
	Recipe       string            `json:"recipe"`
	RecipeSHA256 string            `json:"recipe_sha256"`
	Inputs       []exportedValue   `json:"inputs"`
	Outputs      []exportedValue   `json:"outputs"`
	Metadata     map[string]string `json:"metadata"`
}

type exportedValue struct {
	Name  string `json:"name"`
	Doc   string `json:"doc"`
	Shape []any  `json:"shape"` // the number of images by name, the rest in numbers
}

func (p *program) export() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export --recipe F.agur --onnx OUT.onnx",
		Short: "Write a recipe's network as ONNX, for other programs",
		Long: fmt.Sprintf(`Writes the network of a recipe, with its weights, as an ONNX file (operators of
version %d) that other programs can run anywhere: a picture in; reconstruction,
residual, score map, feature maps and embedding out, before they are compared with
what good parts showed. Any number of pictures goes in at once.

What a picture must look like, and how large ones are cut into tiles, is in the
file's metadata and in the output of --json.`, onnx.Opset),
		Example: `  agurscope export --recipe bracket.agur --onnx bracket.onnx
  agurscope export --recipe bracket.agur --onnx bracket.onnx --replace --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return p.runExport(f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.recipe, "recipe", "", "export the recipe `F.agur` (required)")
	fs.StringVar(&f.onnx, "onnx", "", "write the network to `OUT.onnx` (required)")
	fs.BoolVar(&f.replace, "replace", false, "replace OUT.onnx if it is there")
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func (f *exportFlags) check() error {
	if err := need("recipe", f.recipe, "the recipe to export"); err != nil {
		return err
	}
	if err := need("onnx", f.onnx, "the file to write, such as part.onnx"); err != nil {
		return err
	}
	if !strings.HasSuffix(strings.ToLower(f.onnx), ".onnx") {
		return usage("--onnx is %q: the name of an ONNX file ends in .onnx", f.onnx)
	}
	return nil
}

func (p *program) runExport(f exportFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	r, err := anomaly.LoadRecipe(f.recipe)
	if err != nil {
		return err
	}
	m, err := r.ONNX(p.Version)
	if err != nil {
		return err
	}
	if err := writeONNX(m, f.onnx, f.replace); err != nil {
		return err
	}
	info, err := os.Stat(f.onnx)
	if err != nil {
		return fmt.Errorf("write %s: %w", f.onnx, err)
	}
	if !f.json {
		p.printExport(f.onnx, info.Size(), m)
		return nil
	}
	return p.printJSON(exportOf(f.onnx, info.Size(), r, m))
}

// writeONNX writes a model aside and gives it its name when it is complete.
func writeONNX(m *onnx.Model, path string, replace bool) error {
	switch _, err := os.Lstat(path); {
	case err == nil && !replace:
		return fmt.Errorf("%s is there already and was left as it is; choose another name, or add --replace", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write %s: %w", path, err)
	}
	return replaceWith(path, true, func(w io.Writer) error {
		_, err := m.WriteTo(w)
		return err
	})
}

func exportOf(path string, size int64, r *anomaly.Recipe, m *onnx.Model) exported {
	e := exported{ONNX: path, Bytes: size, Opset: onnx.Opset, Recipe: r.Name, RecipeSHA256: r.SHA256, Metadata: map[string]string{}}
	values := func(vs []onnx.Value) (out []exportedValue) {
		for _, v := range vs {
			x := exportedValue{Name: v.Name, Doc: v.Doc}
			for _, d := range v.Dims {
				if d.Name != "" {
					x.Shape = append(x.Shape, d.Name)
				} else {
					x.Shape = append(x.Shape, d.Size)
				}
			}
			out = append(out, x)
		}
		return out
	}
	e.Inputs, e.Outputs = values(m.Graph.Inputs), values(m.Graph.Outputs)
	for _, p := range m.Metadata {
		e.Metadata[p.Key] = p.Value
	}
	return e
}

func (p *program) printExport(path string, size int64, m *onnx.Model) {
	rows := [][2]string{{"file", fmt.Sprintf("%s, %.1f MB, opset %d", path, float64(size)/1e6, onnx.Opset)}}
	for _, side := range []struct {
		name   string
		values []onnx.Value
	}{{"in", m.Graph.Inputs}, {"out", m.Graph.Outputs}} {
		for _, v := range side.values {
			var dims []string
			for _, d := range v.Dims {
				if d.Name != "" {
					dims = append(dims, d.Name)
				} else {
					dims = append(dims, fmt.Sprint(d.Size))
				}
			}
			rows = append(rows, [2]string{side.name, fmt.Sprintf("%s (%s): %s", v.Name, strings.Join(dims, ", "), v.Doc)})
		}
	}
	p.printRows(rows)
}
