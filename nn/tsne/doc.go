// Package tsne lays out vectors in the plane so that neighbours stay neighbours:
// t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008),
// exact for small sets, by Barnes and Hut's quadtree (van der Maaten 2014) for
// large ones, and the placing of one new vector into a finished map.
//
// The same vectors give the same map, bit for bit, whatever the number of
// processors: work is cut into the same pieces and sums are joined in the same
// order. Distances are Euclidean; bring the numbers to a common scale and onto
// principal axes first (nn/vectors).
package tsne
