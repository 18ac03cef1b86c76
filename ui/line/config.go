package line

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Config names the peers of a station. What is nil is not there.
type Config struct {
	Station string   `json:"station"` // name of the station; the host's name for ""
	MQTT    *MQTT    `json:"mqtt,omitempty"`
	Webhook *Webhook `json:"webhook,omitempty"`
	TCP     *TCP     `json:"tcp,omitempty"`
	Folder  *Folder  `json:"folder,omitempty"`
	Modbus  *Modbus  `json:"modbus,omitempty"`

	file string // that it was read from
}

// FileName is what a station calls its configuration, beside its history.
const FileName = "line.json"

// Example is a configuration that names every kind of peer.
const Example = `{
  "station": "bench-3",
  "mqtt":    {"broker": "tcp://broker:1883", "prefix": "agurscope", "user": "station", "password_file": "mqtt.password"},
  "webhook": {"url": "https://mes.example/verdicts", "secret_file": "webhook.secret"},
  "tcp":     {"listen": ":9100"},
  "folder":  {"dir": "/mnt/line/verdicts"},
  "modbus":  {"listen": ":502", "deadline": "2s"}
}
`

// MQTT is a broker.
type MQTT struct {
	Broker       string `json:"broker"` // tcp://host:1883 or ssl://host:8883
	Prefix       string `json:"prefix"` // of the topics; agurscope for ""
	User         string `json:"user,omitempty"`
	PasswordFile string `json:"password_file,omitempty"` // a file that holds the password alone
}

// Webhook is an address that takes a POST per verdict.
type Webhook struct {
	URL        string `json:"url"`
	SecretFile string `json:"secret_file,omitempty"` // a file that holds the secret of the signature
}

// TCP is a port for clients of the line protocol.
type TCP struct {
	Listen string `json:"listen"` // such as :9100
}

// Folder is a folder that takes a file per verdict.
type Folder struct {
	Dir string `json:"dir"`
}

// Modbus is a port for a PLC.
type Modbus struct {
	Listen   string   `json:"listen"`   // such as :502
	Deadline Duration `json:"deadline"` // from trigger to result, such as "800ms"; two seconds for 0
}

// Duration is a time.Duration that JSON writes as text.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// maxConfig bounds a configuration file in bytes, and a secret's.
const maxConfig = 64 << 10

// Load reads a configuration file.
func Load(path string) (Config, error) {
	data, err := readBounded(path)
	if err != nil {
		return Config{}, fmt.Errorf("open the line's configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("open the line's configuration: %s: %w", path, err)
	}
	c.file = path
	// Files beside the configuration may be named without their folder.
	for _, file := range c.files() {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(path), *file)
		}
	}
	return c, nil
}

// files are the places in c that name a file or folder.
func (c *Config) files() []*string {
	var out []*string
	if c.MQTT != nil {
		out = append(out, &c.MQTT.PasswordFile)
	}
	if c.Webhook != nil {
		out = append(out, &c.Webhook.SecretFile)
	}
	if c.Folder != nil {
		out = append(out, &c.Folder.Dir)
	}
	return out
}

// Parse reads a configuration and checks it.
func Parse(data []byte) (Config, error) {
	var c Config
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("not a configuration: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("not a configuration: something follows after its end")
	}
	if c.Station == "" {
		c.Station, _ = os.Hostname() // "" is refused below
	}
	if c.MQTT != nil && c.MQTT.Prefix == "" {
		c.MQTT.Prefix = "agurscope"
	}
	return c, c.check()
}

// word is what names a station or a topic: nothing that MQTT gives a meaning.
var word = regexp.MustCompile(`^[\pL\pN._-]{1,64}$`)

func (c *Config) check() error {
	if !word.MatchString(c.Station) {
		return fmt.Errorf("station %q: use up to 64 letters, digits, dots, dashes and underscores", c.Station)
	}
	if c.MQTT == nil && c.Webhook == nil && c.TCP == nil && c.Folder == nil && c.Modbus == nil {
		return errors.New(`nobody to tell: name at least one of "mqtt", "webhook", "tcp", "folder" and "modbus"`)
	}
	if m := c.MQTT; m != nil {
		if err := address("mqtt: broker", m.Broker, "tcp", "ssl", "mqtt", "mqtts", "ws", "wss"); err != nil {
			return err
		}
		for _, level := range strings.Split(m.Prefix, "/") {
			if !word.MatchString(level) {
				return fmt.Errorf("mqtt: prefix %q: use letters, digits, dots, dashes and underscores, and / between levels", m.Prefix)
			}
		}
	}
	if c.Webhook != nil {
		if err := address("webhook: url", c.Webhook.URL, "http", "https"); err != nil {
			return err
		}
	}
	if c.Folder != nil && c.Folder.Dir == "" {
		return errors.New(`folder: name a folder in "dir"`)
	}
	if c.TCP != nil {
		if err := port("tcp: listen", c.TCP.Listen); err != nil {
			return err
		}
	}
	if c.Modbus != nil {
		if d := time.Duration(c.Modbus.Deadline); d < 0 || d > time.Minute {
			return fmt.Errorf("modbus: deadline %v: choose one up to a minute", d)
		}
		return port("modbus: listen", c.Modbus.Listen)
	}
	return nil
}

// shown is an address without the password that it may hold.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Redacted()
}

func address(what, text string, schemes ...string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" {
		for _, s := range schemes {
			if u.Scheme == s {
				return nil
			}
		}
	}
	return fmt.Errorf("%s %q: write it like %s://host", what, text, schemes[0])
}

func port(what, text string) error {
	if _, p, err := net.SplitHostPort(text); err != nil || p == "" {
		return fmt.Errorf("%s %q: write it like :9100 or 127.0.0.1:9100", what, text)
	}
	return nil
}

// peers connects every peer that c names.
func (c Config) peers(l *Line, folderOfCursors string) (out []peer, err error) {
	defer func() {
		if err != nil {
			gone, cancel := context.WithCancel(context.Background())
			cancel()
			for _, p := range out {
				p.run(gone) // closes its port
			}
		}
	}()
	if err := os.MkdirAll(folderOfCursors, 0o755); err != nil {
		return nil, fmt.Errorf("open the line: %w", err)
	}
	at := func(name string) (*cursor, error) {
		c := &cursor{path: filepath.Join(folderOfCursors, name+".json")}
		return c, c.ready(context.Background(), l.log)
	}
	if m := c.MQTT; m != nil {
		password, err := secret(m.PasswordFile)
		if err != nil {
			return out, err
		}
		c, err := at("mqtt")
		if err != nil {
			return out, err
		}
		out = append(out, newBroker(l, *m, c, string(password)))
	}
	if w := c.Webhook; w != nil {
		key, err := secret(w.SecretFile)
		if err != nil {
			return out, err
		}
		c, err := at("webhook")
		if err != nil {
			return out, err
		}
		hook := newWebhook(w.URL, key)
		p := &courier{line: l, cursor: c, batch: 32, deliver: hook.deliver, closed: hook.client.CloseIdleConnections}
		p.s.Kind, p.s.Peer = "webhook", fmt.Sprintf("webhook %s", shown(w.URL))
		out = append(out, p)
	}
	if f := c.Folder; f != nil {
		c, err := at("folder")
		if err != nil {
			return out, err
		}
		p := &courier{line: l, cursor: c, batch: 32, deliver: folder{f.Dir}.deliver}
		p.s.Kind, p.s.Peer = "folder", fmt.Sprintf("folder %s", f.Dir)
		out = append(out, p)
	}
	if c.TCP != nil {
		p, err := newTCP(l, c.TCP.Listen)
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	if c.Modbus != nil {
		p, err := newPLC(l, *c.Modbus)
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, nil
}

// secret reads a password from its file, without the end of its line.
func secret(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	if data = bytes.TrimRight(data, "\r\n"); len(data) == 0 {
		return nil, fmt.Errorf("read the secret: %s is empty", path)
	}
	return data, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = fmt.Errorf("%s has more than %d bytes", path, maxConfig)
	}
	return data, err
}
