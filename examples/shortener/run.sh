#!/bin/sh
# The demo, once it is built: sh examples/shortener/run.sh BUILD_FOLDER [--stay]
#
# Starts receivers and the shortener on this machine, each on a port of its own choice, walks through what a customer and
# a visitor do, and checks that every delivery arrived and was verified by its receiver. --stay keeps all of it running.
set -eu

usage() { echo "usage: sh run.sh BUILD_FOLDER [--stay]" >&2; exit 2; }
[ $# -ge 1 ] || usage
build=$(cd "$1" && pwd)
shift
stay=no
for argument; do
  case $argument in
    --stay) stay=yes ;;
    *) usage ;;
  esac
done
here=$(cd "$(dirname "$0")" && pwd)

export NODE_PATH="${NODE_PATH:+$NODE_PATH:}/usr/share/nodejs"  # where Debian keeps Express
for tool in node python3 openssl curl; do
  command -v "$tool" >/dev/null || { echo "demo: $tool is missing; sh cmake/packages.sh installs it" >&2; exit 77; }
done
node -e 'require("express")' 2>/dev/null || { echo "demo: Node.js finds no Express" >&2; exit 77; }

# ---- Everything that is started, and how it ends

dir=$(mktemp -d "${TMPDIR:-/tmp}/hookwright-demo.XXXXXX")
log=$dir/log
children=
tee_pid=

stop_all() {
  for child in $children; do kill "$child" 2>/dev/null || true; done
  for child in $children; do wait "$child" 2>/dev/null || true; done
  children=
}

finish() {
  status=$?
  trap - EXIT INT TERM HUP
  stop_all
  if [ -n "$tee_pid" ]; then
    exec 3>&-
    wait "$tee_pid" || true
  fi
  if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then
    for errors in "$dir"/*.err; do
      [ -s "$errors" ] || continue
      echo "---- what $(basename "$errors" .err) said on stderr" >&2
      tail -n 20 "$errors" >&2
    done
  fi
  rm -rf "$dir"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# All that is said goes through one pipe, so that it is seen, and kept for the checks, in the order in which it happened.
mkfifo "$dir/pipe"
tee "$log" <"$dir/pipe" &
tee_pid=$!
exec 3>"$dir/pipe"

say() { echo "$*" >&3; }
die() { say "demo: FAILED: $*"; exit 1; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  tries=$(($1 * 10))
  what=$2
  shift 2
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || die "waited in vain for $what"
    sleep 0.1
  done
}

# start NAME COMMAND...: in the background; its stdout is shown, its stderr is kept.
start() {
  name=$1
  shift
  "$@" >&3 2>"$dir/$name.err" &
  children="$children $!"
}

address_of() { sed -n "s/^$1  *listening on //p" "$log" | head -n 1; }
is_listening() { [ -n "$(address_of "$1")" ]; }

# ---- A private authority, the receivers, the shortener

new_secret() { echo "whsec_$(openssl rand -base64 32)"; }
snipy_js_secret=$(new_secret)
snipy_py_secret=$(new_secret)
snapglyph_secret=$(new_secret)
acme_secret=$(new_secret)

say "== A certificate authority for this run, and receivers over HTTPS"
say "   snipy.js and snipy.py run the code of Snipy's guide, snapglyph.js that of SnapGlyph's; acme and off are"
say "   examples/receiver. acme will answer 500 once."
mkdir "$dir/tls"
sh "$here/make_ca.sh" "$dir/tls"
export TLS_CERT="$dir/tls/server.pem" TLS_KEY="$dir/tls/server.key"
receiver=$build/examples/receiver/receiver
start snipy.js env WEBHOOK_SECRET="$snipy_js_secret" node "$here/receivers/snipy.js"
start snipy.py env WEBHOOK_SECRET="$snipy_py_secret" python3 "$here/receivers/snipy.py"
start snapglyph.js env WEBHOOK_SECRET="$snapglyph_secret" node "$here/receivers/snapglyph.js"
start acme env WEBHOOK_SECRET="$acme_secret" "$receiver" --name acme --profile Acme --fail 1 --port 0 \
  --tls "$TLS_CERT" "$TLS_KEY"
start off env WEBHOOK_SECRET="$acme_secret" "$receiver" --name off --profile hypersnap --port 0 --tls "$TLS_CERT" "$TLS_KEY"
off_pid=$!
for name in snipy.js snipy.py snapglyph.js acme off; do wait_for 10 "$name" is_listening $name; done

say
say "== The shortener, with its webhooks in a SQLite file"
start shortener "$build/examples/shortener/shortener" --port 0 --database "$dir/webhooks.db" --ca "$dir/tls/ca.pem"
shortener_pid=$!
wait_for 10 'the shortener' is_listening shortener
site=$(address_of shortener)

# ---- What a customer does

# ask CURL_ARGUMENTS...: a request to the shortener, which must succeed.
ask() { curl -fsS --noproxy '*' -o "$dir/reply" "$@" 2>"$dir/curl.err" || die "curl $*: $(cat "$dir/curl.err")"; }

subscribe() {  # NAME RECEIVER PROFILE EVENTS SECRET
  ask --data-urlencode "name=$1" --data-urlencode "url=$(address_of "$2")" -d "profile=$3" -d "events=$4" \
    --data-urlencode "secret=$5" "$site/webhooks"
  say "   $(printf '%-14s profile %-10s %s' "$1" "$3" "$4")"
}

say
say "== A customer subscribes: curl -d url=... -d profile=... -d events=... -d secret=... $site/webhooks"
subscribe snipy.js snipy.js snipy 'link.*,qr.*' "$snipy_js_secret"
subscribe snipy.py snipy.py snipy 'link.created,link.clicked,qr.scanned' "$snipy_py_secret"
subscribe snapglyph.js snapglyph.js snapglyph 'qr.*' "$snapglyph_secret"
subscribe acme acme acme link.created "$acme_secret"

# ---- What visitors do, and what must come of it

# The different deliveries that a receiver has verified.
verified_by() { sed -n "s/^$1  *[a-z.]*  *\(del_[0-9A-Za-z]*\)  signature verified.*/\1/p" "$log" | sort -u; }
has_verified() { [ "$(verified_by "$1" | wc -l)" -ge "$2" ]; }
safari='Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1'
firefox='Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'

expect_verified() {  # SNIPY.JS SNIPY.PY SNAPGLYPH.JS: so many by now
  wait_for 10 "delivery $1 to snipy.js" has_verified snipy.js "$1"
  wait_for 10 "delivery $2 to snipy.py" has_verified snipy.py "$2"
  wait_for 10 "delivery $3 to snapglyph.js" has_verified snapglyph.js "$3"
  sleep 0.2  # so that the shortener's lines, which come once an outcome is stored, stand under this heading too
}

say
say "== A link is made, with a QR code: curl -d url=https://example.com/summer -d alias=summer $site/links"
ask -d url=https://example.com/summer -d alias=summer "$site/links"
expect_verified 2 1 1

say
say "== Somebody follows it: curl $site/summer"
ask -A "$firefox" -e https://news.example/today -H 'CF-IPCountry: NL' "$site/summer"
expect_verified 3 2 1

say
say "== Somebody scans its QR code: curl $site/qr/summer"
say "   Snipy's qr.scanned and link.clicked, and SnapGlyph's qr.scanned, which is another event: one commit."
ask -A "$safari" -H 'CF-IPCountry: US' "$site/qr/summer"
expect_verified 5 4 2

say
say "== acme answered 500 to its first delivery: its profile comes again after 2 s"
wait_for 10 'the retry to acme' has_verified acme 1
sleep 0.2

say
say "== The customer presses Test: curl -d event=link.clicked $site/webhooks/<id>/test"
id_of() { ask "$site/webhooks"; sed 's/},{/}\n{/g' "$dir/reply" | sed -n "s/.*\"id\":\"\(ep_[0-9A-Za-z]*\)\",\"name\":\"$1\".*/\1/p"; }
replied() { grep -q "$1" "$dir/reply" || die "the reply was $(cat "$dir/reply"), and should have $1"; }
ask -d event=link.clicked "$site/webhooks/$(id_of snipy.js)/test"
replied '"accepted":true'
expect_verified 6 4 2

say
say "== SnapGlyph's toggle: paused, somebody scans, the event waits; resumed, it comes"
snapglyph_id=$(id_of snapglyph.js)
ask -d "" "$site/webhooks/$snapglyph_id/pause"
replied '"status":"paused"'
ask -A "$safari" "$site/qr/summer"
expect_verified 8 6 2
ask "$site/webhooks"
replied '"name":"snapglyph.js".*"status":"paused","failing":false,"waiting":1'
ask -d "" "$site/webhooks/$snapglyph_id/resume"
expect_verified 8 6 3

say
say "== Three customers' servers are off, and somebody scans: each product has its own schedule"
handed_back() { grep -q 'challenge handed back' "$log"; }
subscribe off-hypersnap off hypersnap link.click.registered "$acme_secret"
wait_for 10 'the handshake' handed_back
sleep 0.2
kill "$off_pid"
wait "$off_pid" 2>/dev/null || true
subscribe off-snipy off snipy link.clicked "$acme_secret"
subscribe off-snapglyph off snapglyph qr.scanned "$acme_secret"

# The seconds until the endpoint's second attempt, as the shortener printed them.
wait_of() { sed -n "/ to $1, attempt 1: /{n;s/.* in \([0-9]*\).*/\1/p;}" "$log"; }
has_next() { [ -n "$(wait_of "$1")" ]; }
ask -A "$safari" "$site/qr/summer"
expect_verified 10 8 4
for name in off-snipy off-snapglyph off-hypersnap; do wait_for 10 "the next attempt for $name" has_next $name; done

# ---- What is true in the end

expect() { [ "$2" = "$3" ] || die "$1: $2, and should be $3"; }  # WHAT IS SHOULD
between() { [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || die "$1: after $2 s, and should be $3 to $4"; }
if [ $stay = yes ]; then
  say
  say "== All of it keeps running until Ctrl-C. Try: curl -d url=https://example.org/ $site/links"
  say "   then curl what it prints; curl $site/webhooks; curl $site/webhooks/<id>/attempts"
  wait "$shortener_pid"
fi
say
kill "$shortener_pid"
wait "$shortener_pid" || die "the shortener ended with $?"
[ ! -s "$dir/shortener.err" ] || die 'the shortener had something to complain of'
expect 'deliveries to snipy.js' "$(verified_by snipy.js | wc -l)" 10
expect 'deliveries to snipy.py' "$(verified_by snipy.py | wc -l)" 8
expect 'deliveries to snapglyph.js' "$(verified_by snapglyph.js | wc -l)" 4
expect 'the id of the delivery to acme' "$(verified_by acme)" \
  "$(sed -n 's/^acme  *link.created  *\(del_[0-9A-Za-z]*\)  answered with 500$/\1/p' "$log")"
expect 'deliveries refused' "$(grep -c REFUSED "$log" || true)" 0
between 'the retry to acme' "$(wait_of acme)" 2 2
between "Snipy's first retry" "$(wait_of off-snipy)" 60 66
between "SnapGlyph's first retry" "$(wait_of off-snapglyph)" 60 66
between "HyperSnap's first retry" "$(wait_of off-hypersnap)" 30 33
say "demo: 23 requests verified by 4 receivers, 1 of them on its retry; 3 more wait for theirs in the store"
say "      (--stay keeps all of it running, to play with)"
