package line

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const everything = `{
  "station": "bench-3",
  "mqtt":    {"broker": "ssl://broker:8883", "prefix": "plant/hall-2", "user": "agurscope", "password_file": "mqtt.password"},
  "webhook": {"url": "https://mes/verdicts", "secret_file": "webhook.secret"},
  "tcp":     {"listen": ":9100"},
  "folder":  {"dir": "outbox"},
  "modbus":  {"listen": ":502", "deadline": "800ms"}
}`

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "line.json")
	if err := os.WriteFile(path, []byte(everything), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if c.MQTT.PasswordFile != filepath.Join(dir, "mqtt.password") || c.Folder.Dir != filepath.Join(dir, "outbox") {
		t.Errorf("files are not beside the configuration: %+v %+v", c.MQTT, c.Folder)
	}
	if time.Duration(c.Modbus.Deadline) != 800*time.Millisecond {
		t.Errorf("deadline %v", time.Duration(c.Modbus.Deadline))
	}
}

func TestParseRefuses(t *testing.T) {
	for name, s := range map[string]struct{ config, want string }{
		"nothing":          {``, "not a configuration"},
		"nobody":           {`{"station":"a"}`, "nobody to tell"},
		"unknown key":      {`{"station":"a","mqqt":{}}`, "mqqt"},
		"more than one":    {everything + everything, "after its end"},
		"station":          {`{"station":"a/b","tcp":{"listen":":1"}}`, "station"},
		"wildcard":         {`{"station":"a","mqtt":{"broker":"tcp://b","prefix":"x/#"}}`, "prefix"},
		"broker":           {`{"station":"a","mqtt":{"broker":"b:1883"}}`, "tcp://host"},
		"url":              {`{"station":"a","webhook":{"url":"ftp://b"}}`, "http://host"},
		"folder":           {`{"station":"a","folder":{}}`, "folder"},
		"port":             {`{"station":"a","tcp":{"listen":"9100"}}`, ":9100"},
		"deadline":         {`{"station":"a","modbus":{"listen":":502","deadline":"2h"}}`, "minute"},
		"negative":         {`{"station":"a","modbus":{"listen":":502","deadline":"-2s"}}`, "minute"},
		"deadline is text": {`{"station":"a","modbus":{"listen":":502","deadline":2}}`, "not a configuration"},
	} {
		if _, err := Parse([]byte(s.config)); err == nil || !strings.Contains(err.Error(), s.want) {
			t.Errorf("%s: %v, want %q", name, err, s.want)
		}
	}
}

func TestSecretsAreBounded(t *testing.T) {
	dir := t.TempDir()
	big, empty := filepath.Join(dir, "big"), filepath.Join(dir, "empty")
	if err := os.WriteFile(big, make([]byte, maxConfig+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{big, empty, filepath.Join(dir, "none")} {
		if _, err := secret(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte(`{"station":"a","modbus":{"listen":":502","deadline":"1ns"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(again)
		if err != nil || !reflect.DeepEqual(back, c) {
			t.Errorf("%s comes back as %+v: %v", again, back, err)
		}
	})
}
