package themes

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The shapes differ in outline as well as in content, so that they can be told
// apart without colour and at the size of a badge. In each path the cut-out
// winds against the outline, which leaves a hole under either fill rule.
const (
	svgHead = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"><path fill="#000000" d="`
	svgTail = `"/></svg>`

	checkInCircle = `M12 1.5A10.5 10.5 0 1 0 12 22.5A10.5 10.5 0 1 0 12 1.5Z` +
		`M6 12.4L7.9 10.5L10.6 13.2L16.2 7.6L18.1 9.5L10.6 17Z`
	crossInOctagon = `M7.7 1.5L1.5 7.7L1.5 16.3L7.7 22.5L16.3 22.5L22.5 16.3L22.5 7.7L16.3 1.5Z` +
		`M12 10.1L15.6 6.5L17.5 8.4L13.9 12L17.5 15.6L15.6 17.5L12 13.9L8.4 17.5L6.5 15.6L10.1 12L6.5 8.4L8.4 6.5Z`
	questionInDiamond = `M12 0.8L0.8 12L12 23.2L23.2 12Z` +
		`M8.5 9.4A3.5 3.5 0 1 1 13.1 12.72L13.1 14.2L10.9 14.2L10.9 11L12 11A1.6 1.6 0 1 0 10.4 9.4Z` +
		`M12 15.5A1.35 1.35 0 1 1 12 18.2A1.35 1.35 0 1 1 12 15.5Z`
	exclamationInTriangle = `M12 1.6L0.9 21.6L23.1 21.6Z` +
		`M10.7 8.4L13.3 8.4L12.9 15.2L11.1 15.2Z` +
		`M12 16.4A1.35 1.35 0 1 1 12 19.1A1.35 1.35 0 1 1 12 16.4Z`
	dashInSquare = `M3.5 3.5L3.5 20.5L20.5 20.5L20.5 3.5Z` +
		`M7 10.8L17 10.8L17 13.2L7 13.2Z`
)

func shape(name, path string) fyne.Resource {
	return fyne.NewStaticResource(name, []byte(svgHead+path+svgTail))
}

// IconOK returns the shape of OK, a check in a circle, in the foreground colour.
func IconOK() fyne.Resource { return theme.NewThemedResource(shape("ok.svg", checkInCircle)) }

// IconNG returns the shape of NG, a cross in an octagon, in the foreground colour.
func IconNG() fyne.Resource { return theme.NewThemedResource(shape("ng.svg", crossInOctagon)) }

// IconReview returns the shape of REVIEW, a question mark in a diamond, in the
// foreground colour.
func IconReview() fyne.Resource {
	return theme.NewThemedResource(shape("review.svg", questionInDiamond))
}

// IconError returns the shape of ERROR, an exclamation mark in a triangle, in
// the foreground colour.
func IconError() fyne.Resource {
	return theme.NewThemedResource(shape("error.svg", exclamationInTriangle))
}

// IconPending returns the shape of a part not yet inspected, a dash in a square,
// in the colour of secondary text.
func IconPending() fyne.Resource {
	return theme.NewColoredResource(shape("pending.svg", dashInSquare), ColorNameMuted)
}

// Verdict is the look of one verdict: its shape and its three colour names.
type Verdict struct {
	Text   fyne.ThemeColorName // text and icon on the background
	Fill   fyne.ThemeColorName // ground of a banner
	OnFill fyne.ThemeColorName // text and icon on that ground
	name   string
	path   string
}

// VerdictNamed returns the look of "OK", "NG", "REVIEW" or "ERROR". Anything
// else gets the look of a part not yet inspected: it is never shown as OK.
func VerdictNamed(verdict string) Verdict {
	switch verdict {
	case "OK":
		return Verdict{ColorNameOK, ColorNameOKFill, ColorNameOnOK, "ok", checkInCircle}
	case "NG":
		return Verdict{ColorNameNG, ColorNameNGFill, ColorNameOnNG, "ng", crossInOctagon}
	case "REVIEW":
		return Verdict{ColorNameReview, ColorNameReviewFill, ColorNameOnReview, "review", questionInDiamond}
	case "ERROR":
		return Verdict{ColorNameError, ColorNameErrorFill, ColorNameOnError, "error", exclamationInTriangle}
	}
	return Verdict{ColorNameMuted, ColorNameRaised, theme.ColorNameForeground, "pending", dashInSquare}
}

// Icon returns the shape in the colour for the background.
func (v Verdict) Icon() fyne.Resource {
	return theme.NewColoredResource(shape(v.name+".svg", v.path), v.Text)
}

// BannerIcon returns the shape in the colour for the banner's ground.
func (v Verdict) BannerIcon() fyne.Resource {
	return theme.NewColoredResource(shape(v.name+"-banner.svg", v.path), v.OnFill)
}

// VerdictIcon returns the coloured shape of a verdict by its word.
func VerdictIcon(verdict string) fyne.Resource { return VerdictNamed(verdict).Icon() }
