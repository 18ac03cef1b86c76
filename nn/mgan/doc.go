// Package mgan is the paper's adversarial module (Fig. 5, Eq. 12-15). Two
// generators rebuild a picture: the spatial one is the reconstruction network
// itself, built elsewhere; the frequency one, of this package, sees and rebuilds
// the high band alone. A critic judges both against good parts and against
// damaged ones.
//
// # How the parts meet
//
// [View] turns a picture into what the frequency generator sees and a rest, on
// the host. With the default form that is the high band and the low band:
//
//	v := c.View(w, h)
//	v.Prepare(damaged, high, rest)     // per image of the batch
//	v.Prepare(clean, target, cleanRest)
//
//	y := c.Frequency(g, high)          // Î_H
//	g.L1Loss(y, target, mask, 4)       // Eq. 13: I − Î_F = x_H − Î_H
//	f := g.Add(cleanRest, y)           // Î_F
//	a := c.Adversary(g, clean, spatial, f)
//
// The rest that completes Î_F in training is the clean picture's: the generator
// cannot mend the low band, and must not be judged by it. With [BySpectrum] the
// inverse transform is on the host and f does not exist in the graph: then
// Adversary is given nil, and the critic sees what [View].Finish returns.
//
// At every training step the generators' forward, backward and optimiser run
// first, then [Game.Step] moves the critic by what they returned. The generators'
// optimiser, clipping and averaging leave out the critic's parameters; see
// [IsCritic]. Before [Start] of the training a graph without Adversary, and no
// game, give the same generators for less time: [Ramp] is 0 there.
//
// At inference e_F = |x − Î_F|, and with bands that is |x_H − Î_H|.
package mgan
