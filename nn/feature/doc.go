// Package feature says what the parts of a picture look like, in numbers, and
// how far those of a new picture are from the good ones.
//
// A [Grid] holds one vector per cell of a picture: handcrafted ([Cells],
// [Handcrafted]), taken from a network ([FromPlanes]), or several of them
// joined ([Stack]). Two models of good parts turn the grid of a new picture
// into a map of distances:
//
//   - [Gaussian]: one normal distribution per place. Defard et al. 2021,
//     "PaDiM: a patch distribution modeling framework for anomaly detection
//     and localization". Best where parts lie alike in every picture.
//   - [Memory]: the nearest good vectors around the same place. Roth et al.
//     2022, "Towards total recall in industrial anomaly detection". Best
//     where several looks are good at one place.
//
// Both are fitted to good parts alone, both standardise each of the D numbers
// by its deviation over the good parts first, and both give the same bits for
// the same grids whatever the number of processors.
package feature
