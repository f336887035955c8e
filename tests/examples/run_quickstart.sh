#!/bin/sh
# Builds examples/quickstart as a stranger would, against hookwright as it is installed, and runs it against
# examples/receiver. Its one change: a port that is free instead of 8080. The environment names CMAKE, CXX, CXXFLAGS,
# SOURCE, BUILD, CONFIG, RECEIVER and a folder of our own, WORK.
set -eu

rm -rf "$WORK"
mkdir -p "$WORK/quickstart"
cd "$WORK"
receiver_pid=
trap '[ -z "$receiver_pid" ] || kill "$receiver_pid"' EXIT

export WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
"$RECEIVER" --port 0 >received &
receiver_pid=$!
for _ in $(seq 100); do
  port=$(sed -n 's|.*listening on http://localhost:\([0-9]*\)/webhook|\1|p' received)
  [ -z "$port" ] || break
  sleep 0.1
done

cp "$SOURCE/examples/quickstart/CMakeLists.txt" quickstart
sed "s/localhost:8080/localhost:$port/" "$SOURCE/examples/quickstart/main.cpp" >quickstart/main.cpp
{
  "$CMAKE" --install "$BUILD" --config "$CONFIG" --prefix "$WORK/prefix"
  "$CMAKE" -S quickstart -B build -D "CMAKE_PREFIX_PATH=$WORK/prefix" -D "CMAKE_BUILD_TYPE=$CONFIG"
  "$CMAKE" --build build --config "$CONFIG"
} >build.log 2>&1 || { cat build.log; exit 1; }

# Twice: the second run finds the endpoint of the first.
for run in 1 2; do
  ./build/quickstart | grep -x 'stored: yes'
  count=$(grep -c '  signature verified$' received) || true
  [ "$count" -eq $run ] || { echo "run $run: $count deliveries verified"; cat received; exit 1; }
done
cat received
