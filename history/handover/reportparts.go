package handover

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"

	"agurscope/history"

	"codeberg.org/go-pdf/fpdf"
)

// worst shows the parts with the highest scores.
func (p *paper) worst(ctx context.Context, store *history.Store, r Report) error {
	p.pdf.AddPage()
	p.heading("Worst parts")
	shown := 0
	for rec, err := range store.Verdicts(ctx, history.Filter{Run: r.Run, Worst: true, Limit: r.Worst}) {
		if err != nil {
			return err
		}
		if rec.Verdict == history.ERROR {
			continue
		}
		shown++
		if err := p.part(ctx, store, rec, r); err != nil {
			return err
		}
	}
	p.font("", 9)
	p.ink(90)
	if shown == 0 {
		p.pdf.CellFormat(inner, 6, "No part was inspected.", "", 1, "L", false, 0, "")
	}
	if n := p.view.Summary().Error; n > 0 {
		p.pdf.CellFormat(inner, 6, fmt.Sprintf("%d could not be inspected and are ERROR; they have no score.", n), "", 1, "L", false, 0, "")
	}
	return nil
}

func (p *paper) part(ctx context.Context, store *history.Store, rec history.Record, r Report) error {
	m, panes, err := p.picture(ctx, store, rec, r)
	if err != nil {
		return err
	}
	w, h := 0.0, 0.0
	if m != nil {
		b := m.Bounds()
		w = 42
		if panes {
			w = inner
		}
		h = w * float64(b.Dy()) / float64(max(1, b.Dx()))
		if h > 90 {
			w, h = w*90/h, 90
		}
	}
	p.room(h + 22)
	pdf, y := p.pdf, p.pdf.GetY()
	c := fills[rec.Final()]
	pdf.SetFillColor(c[0], c[1], c[2])
	pdf.Rect(margin, y, 18, 6, "F")
	pdf.SetTextColor(255, 255, 255)
	p.font("B", 9)
	pdf.SetXY(margin, y)
	pdf.CellFormat(18, 6, string(rec.Final()), "", 0, "C", false, 0, "")
	p.ink(30)
	pdf.SetX(margin + 21)
	name := or(rec.Name, rec.Path)
	if rec.Part != "" {
		name = rec.Part + "   " + name
	}
	pdf.CellFormat(inner-21, 6, p.fit(name, inner-22), "", 1, "L", false, 0, "")
	p.font("", 8)
	p.ink(90)
	line := fmt.Sprintf("verdict %d, %s; score %.4g, index %.0f", rec.ID, rec.Time.Local().Format("15:04:05"), rec.Score, rec.Index)
	if rec.Reviewed != "" {
		line += fmt.Sprintf("; the machine said %s, %s said %s", rec.Verdict, rec.Reviewer, rec.Reviewed)
		if rec.Reason != "" {
			line += ": " + rec.Reason
		}
	}
	pdf.CellFormat(inner, 4.5, p.fit(line, inner), "", 1, "L", false, 0, "")
	for i, g := range rec.Regions {
		if i == 3 {
			pdf.CellFormat(inner, 4, fmt.Sprintf("and %d more regions", len(rec.Regions)-i), "", 1, "L", false, 0, "")
			break
		}
		pdf.CellFormat(inner, 4, fmt.Sprintf("%s region of %d px at %d, %d (%d × %d); peak %.3g, mean %.3g", or(plain(g.Polarity), "a"), g.Area, g.X, g.Y, g.W, g.H, g.Peak, g.Mean), "", 1, "L", false, 0, "")
	}
	if m != nil {
		if err := p.place(m, margin, pdf.GetY()+1, w, h); err != nil {
			return err
		}
		pdf.SetXY(margin, pdf.GetY()+h+2)
	}
	pdf.Ln(3)
	return nil
}

// picture returns the panes of a part, or its small picture, or nothing.
func (p *paper) picture(ctx context.Context, store *history.Store, rec history.Record, r Report) (m image.Image, panes bool, err error) {
	if r.Panes != nil {
		if m, err := r.Panes(ctx, rec); err == nil && m != nil {
			return m, true, nil
		} else if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
	}
	if rec.ThumbnailSHA256 == "" {
		return nil, false, nil
	}
	data, err := store.Thumbnail(ctx, rec.ThumbnailSHA256)
	if err != nil {
		return nil, false, nil // no longer kept
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width > 4096 || c.Height > 4096 {
		return nil, false, nil // whatever it is, it is no small picture
	}
	m, _, err = image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, false, nil
	}
	return m, false, nil
}

func (p *paper) place(m image.Image, x, y, w, h float64) error {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 88}); err != nil {
		return err
	}
	p.n++
	name := fmt.Sprint("picture ", p.n)
	p.pdf.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "JPEG"}, &b)
	p.pdf.ImageOptions(name, x, y, w, h, false, fpdf.ImageOptions{ImageType: "JPEG"}, 0, "")
	return p.pdf.Error()
}
