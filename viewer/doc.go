// Package viewer shows one inspected picture in four linked panes: the
// original, its reconstruction, the heat map and the segmentation. It knows
// pictures, scalar maps and regions, and nothing of inspection.
//
// # Coordinates
//
// Everything a caller says is in image coordinates: pixels of the original,
// continuous, with the pixel in column i covering [i, i+1). A reconstruction, a
// map or a label grid may have another size; it is stretched over the extent of
// the original. Screen coordinates are device pixels of one pane, so that a
// zoom of 1 shows one image pixel as one pixel of the screen at any scale of
// the desktop. The four panes are linked because they hold the same Viewport.
//
// # Drawing
//
// Render is a pure function from a Layer and a Viewport to an opaque
// *image.RGBA. Its cost follows the pixels of the pane, never those of the
// source: pictures carry a pyramid of halved copies. Fyne asks each pane for its
// pixels while painting, at most once a frame however often something changed,
// so refreshes coalesce by themselves, the newest state wins, and no buffer is
// ever touched by two goroutines.
//
// # Threads
//
// All methods of Viewer belong to Fyne's goroutine. Frame.Prepare is the one
// that may run elsewhere, before the frame is handed over.
package viewer
