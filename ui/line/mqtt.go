package line

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// broker publishes verdicts and the state of the station at an MQTT broker, both
// with quality of service 1:
//
//	PREFIX/STATION/verdict  every verdict, at least once
//	PREFIX/STATION/state    the condition, retained; the last will says offline
//
// What the broker has not acknowledged is sent again from the history. Every
// connection has a client of its own, so that the library has nothing to resume.
type broker struct {
	courier
	options func() *mqtt.ClientOptions
	topic   string        // PREFIX/STATION/
	changed chan struct{} // the state has

	link   sync.Mutex
	client mqtt.Client // nil while there is no connection
}

// acknowledgeTime is how long a broker may take to acknowledge.
const acknowledgeTime = 10 * time.Second

// writeWait is how long the library may keep a message that it cannot write, such
// as one that finds the connection just gone.
const writeWait = 2 * time.Second

func newBroker(l *Line, c MQTT, at *cursor, password string) *broker {
	b := &broker{topic: c.Prefix + "/" + l.station + "/", changed: make(chan struct{}, 1)}
	b.courier = courier{line: l, cursor: at, batch: 64, deliver: b.publish}
	b.s.Kind, b.s.Peer = "mqtt", fmt.Sprintf("MQTT broker %s", shown(c.Broker))
	will := message(Condition{Station: l.station, State: Offline, Reason: "the connection to the station was lost"})
	b.options = func() *mqtt.ClientOptions {
		return mqtt.NewClientOptions().AddBroker(c.Broker).
			SetClientID("agurscope-"+l.station).SetUsername(c.User).SetPassword(password).
			SetAutoReconnect(false).SetKeepAlive(5*time.Second).SetPingTimeout(3*time.Second).
			SetConnectTimeout(5*time.Second).SetWriteTimeout(writeWait).
			SetBinaryWill(b.topic+"state", will, 1, true).
			SetTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	return b
}

// message is v as the payload of a message.
func message(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // reports and conditions have nothing that JSON cannot say
	}
	return data
}

func (b *broker) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { b.stayConnected(ctx) })
	b.courier.run(ctx)
	all.Wait()
}

// stayConnected connects, again and again, and publishes the state.
func (b *broker) stayConnected(ctx context.Context) {
	var wait backoff
	for ctx.Err() == nil {
		lost := make(chan error, 1)
		c := mqtt.NewClient(b.options().SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err }))
		err := acknowledged(ctx, c.Connect())
		if err == nil {
			wait = backoff{}
			b.use(c)
			err = b.tellState(ctx, c, lost)
		}
		b.use(nil)
		if ctx.Err() != nil {
			if c.IsConnectionOpen() { // farewell
				c.Publish(b.topic+"state", 1, true, message(b.line.Condition())).WaitTimeout(time.Second)
			}
			c.Disconnect(250)
			return
		}
		c.Disconnect(0)
		b.failed(plain(err))
		sleep(ctx, b.line.again.next(), wait.next())
	}
}

// plain takes off what library and network write around the cause.
func plain(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// use makes c the connection over which verdicts go; nil for none.
func (b *broker) use(c mqtt.Client) {
	b.link.Lock()
	b.client = c
	b.link.Unlock()
	b.line.news.ring()
}

// tellState publishes the state whenever it has changed, until the connection is
// lost.
func (b *broker) tellState(ctx context.Context, c mqtt.Client, lost <-chan error) error {
	for {
		if err := acknowledged(ctx, c.Publish(b.topic+"state", 1, true, message(b.line.Condition()))); err != nil {
			return err
		}
		select {
		case <-b.changed:
		case err := <-lost:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// publish sends all at once and then waits for the broker's word on each.
func (b *broker) publish(ctx context.Context, rs []Report) (int, error) {
	b.link.Lock()
	c := b.client
	b.link.Unlock()
	if c == nil {
		return 0, errAway
	}
	tokens := make([]mqtt.Token, len(rs))
	for i, r := range rs {
		tokens[i] = c.Publish(b.topic+"verdict", 1, false, message(r))
	}
	for i, t := range tokens {
		if err := acknowledged(ctx, t); err != nil {
			return i, fmt.Errorf("publish verdict %d: %w", rs[i].ID, err)
		}
	}
	return len(rs), nil
}

func acknowledged(ctx context.Context, t mqtt.Token) error {
	late := time.NewTimer(acknowledgeTime)
	defer late.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-late.C:
		return fmt.Errorf("no acknowledgement within %v", acknowledgeTime)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// condition notes that the state has changed; tellState sends the newest.
func (b *broker) condition(Condition) {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}
