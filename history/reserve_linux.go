package history

import "syscall"

// reserve makes room for the journal, where the disk can do that. Without it
// the journal works until the disk is full.
func (j *journal) reserve() {
	_ = syscall.Fallocate(int(j.f.Fd()), 0, 0, journalReserve)
}
