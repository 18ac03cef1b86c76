package lab

import (
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/session"
)

// first asks whether AGUR-Net is ahead of all others, by [session.Order], and says
// who is.
func first(text words.Said, of map[string]session.Spread, high bool, format string) session.Claim {
	best, lead := "", session.Spread{}
	var all, behind []string
	var doubts []words.Text
	untold := map[words.Text][]string{} // rivals by doubt
	for _, m := range methods {
		s := of[m.name]
		if s.N == 0 {
			continue
		}
		all = append(all, m.title+" "+s.Text(format))
		if best == "" || (s.Mean > lead.Mean) == high && s.Mean != lead.Mean {
			best, lead = m.title, s
		}
		if m.name == own {
			continue
		}
		switch order, doubt := session.Order(of[own], s); {
		case order == 0:
			if !slices.Contains(doubts, doubt) {
				doubts = append(doubts, doubt)
			}
			untold[doubt] = append(untold[doubt], m.title)
		case (order > 0) != high:
			behind = append(behind, m.title)
		}
	}
	why := []words.Said{words.Plain(strings.Join(all, ", "))}
	if of[own].N == 0 || len(all) < 2 {
		return session.Ruled(text, 0, append(why, words.Text("AGUR-Net and at least one rival are needed").With())...)
	}
	if best != titleOf(own) {
		why = append(why, words.Text("%s is first").With(best))
	}
	if len(behind) > 0 {
		return session.Ruled(text, -1, why...)
	}
	for _, d := range doubts {
		why = append(why, words.Text("AGUR-Net is not told from %s (%s)").With(strings.Join(untold[d], ", "), d))
	}
	if len(doubts) > 0 {
		return session.Ruled(text, 0, why...)
	}
	return session.Ruled(text, 1, why...)
}

// shown is [first] of figures that are one value each by their nature: it is an
// illustration, whoever is ahead.
func shown(text words.Said, of map[string]session.Spread, high bool, format string) session.Claim {
	c := first(text, of, high, format)
	if of[own].N > 0 && len(of) > 1 {
		c.Verdict = session.Illustration
	}
	return c
}
