// Package line tells the production line what the station decides: an MQTT
// broker, an HTTP webhook, TCP clients, a folder, and a PLC by Modbus TCP.
//
// # Two ways out
//
// What must arrive is read from the history. A verdict is on disk before
// anybody hears of it, so the history itself is the queue: a [Line] keeps for
// every peer the number of the last verdict that it has accepted, and goes on
// from there after an outage, a restart or a crash. Every verdict arrives in
// order and at least once; one that arrives twice has the same id.
//
// What must be in time, the PLC's handshake, is told directly, and late is
// the same as failed. See [Handshake] for its clock.
//
// # Not OK is the default
//
// Whatever was not inspected, too late or lost is a reject. The state of the
// station that peers see ([Condition]) is not OK unless it is inspecting, and
// the broker's last will says offline when the program is gone.
package line
