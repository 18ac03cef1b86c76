// Package station is what one bench station is set to: its settings, who may do
// what at it, and what its window remembers between two starts. All of it lies in
// small JSON files that are never half written.
package station
