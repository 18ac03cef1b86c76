// Package cluster finds groups in embeddings and says how good a grouping, or a
// map, is.
//
// Groups are found by density (HDBSCAN: Campello, Moulavi and Sander 2013), not
// by k-means: nobody knows beforehand how many kinds of parts or defects there
// are, kinds differ in size by orders of magnitude (thousands of good parts, a
// dozen with a bent lead), and what belongs to none must be allowed to belong to
// none. k-means needs the number, prefers equal sizes, gives every outlier a
// home and depends on a random start. The same vectors give the same groups.
package cluster

// Noise is the label of what belongs to no group.
const Noise = -1
