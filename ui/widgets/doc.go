// Package widgets holds the parts that the screens are composed of: text that
// elides, panels, buttons that explain themselves, the verdict banner, charts.
//
// A widget is presentation only: it shows what it is told and reports what a
// person does through a callback. It knows nothing of sessions, recipes or
// images on a disk. All methods belong to Fyne's goroutine.
package widgets
