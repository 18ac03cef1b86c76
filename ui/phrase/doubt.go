package phrase

import (
	"errors"
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/session"
)

// Doubt says why a person must look whatever the score, and what to do about
// it, in sentences; "" for no doubt. The remedy is that of a person at the station,
// who has no other recipe to train.
func Doubt(doubt error) string {
	if doubt == nil {
		return ""
	}
	var v *session.VastError
	if errors.As(doubt, &v) {
		return words.T("A region covers %.0f %% of the picture: lighting, or a wrong part?", 100*v.Share) + " " + words.T("From %.3g %% on none is taken for a defect.", 100*v.Limit)
	}
	var d *session.DoubtError
	if errors.As(doubt, &d) {
		doubt = d.Err
	}
	return Sentence(words.T("could not be put upright: %s", strings.TrimPrefix(doubt.Error(), "locate part: "))) + " " + words.T("Place one part inside the picture, or look yourself.")
}

// ShortDoubt is the same in two or three words.
func ShortDoubt(doubt error) string {
	if Vast(doubt) {
		return words.T("region too large")
	}
	return words.T("not upright")
}

// Vast reports whether the doubt is a region as large as no defect is.
func Vast(doubt error) bool {
	var v *session.VastError
	return errors.As(doubt, &v)
}
