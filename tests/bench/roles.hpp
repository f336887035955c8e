#pragma once

#include <string>

#include "bench/process.hpp"

// What this program can be started as. Each role is a process of its own that prints what it
// measured; see process.hpp.
namespace bench {

void run_role(const std::string& role, const Arguments& arguments);

void receiver(const Arguments& arguments);      // receiver.cpp
void bare_libcurl(const Arguments& arguments);  // bare.cpp
void blocking(const Arguments& arguments);      // blocking.cpp
void sender(const Arguments& arguments);        // sender.cpp: hookwright, delivering
void publisher(const Arguments& arguments);     // publish.cpp
void fill(const Arguments& arguments);          // backlog.cpp: a database with rows that wait
void restart(const Arguments& arguments);       // backlog.cpp
void claim(const Arguments& arguments);         // backlog.cpp
void commits(const Arguments& arguments);       // store.cpp
void sync_file(const Arguments& arguments);     // latency.cpp
void flooded(const Arguments& arguments);       // flood.cpp
void pages(const Arguments& arguments);         // history.cpp

}  // namespace bench
