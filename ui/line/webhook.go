package line

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The headers of a webhook. The signature is the HMAC-SHA-256 in hex, under the
// shared secret, of the time stamp's text, a full stop and the body: receivers
// check it over the bytes that they got and refuse old time stamps.
const (
	HeaderTime      = "Agurscope-Timestamp" // seconds since 1970
	HeaderSignature = "Agurscope-Signature"
	HeaderID        = "Agurscope-Verdict" // the id, the same when a verdict is sent again
)

// Sign returns the signature of a body sent at a time.
func Sign(secret []byte, at time.Time, body []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write(strconv.AppendInt(nil, at.Unix(), 10))
	m.Write([]byte{'.'})
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// webhook posts verdicts to an address, one by one, until it answers 2xx.
type webhook struct {
	url    string
	secret []byte
	client *http.Client
}

// answerTime is how long a peer may take to accept one verdict.
const answerTime = 10 * time.Second

func newWebhook(url string, secret []byte) *webhook {
	return &webhook{url: url, secret: secret, client: &http.Client{
		Timeout: answerTime,
		// What was signed for one address is not for another.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: answerTime,
		},
	}}
}

func (w *webhook) deliver(ctx context.Context, rs []Report) (int, error) {
	for i, r := range rs {
		if err := w.post(ctx, r); err != nil {
			return i, err
		}
	}
	return len(rs), nil
}

func (w *webhook) post(ctx context.Context, r Report) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	now := time.Now()
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set(HeaderID, strconv.FormatInt(r.ID, 10))
	q.Header.Set(HeaderTime, strconv.FormatInt(now.Unix(), 10))
	if len(w.secret) > 0 {
		q.Header.Set(HeaderSignature, Sign(w.secret, now, body))
	}
	a, err := w.client.Do(q)
	if err != nil {
		return plain(err)
	}
	defer a.Body.Close()
	_, _ = io.CopyN(io.Discard, a.Body, 64<<10) // so that the connection can be used again
	if a.StatusCode < 200 || a.StatusCode > 299 {
		return fmt.Errorf("%s answers %s", shown(w.url), a.Status)
	}
	return nil
}
