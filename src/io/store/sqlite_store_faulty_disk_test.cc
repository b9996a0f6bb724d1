#include "io/store/sqlite_store_faulty_disk.h"

#include <fstream>
#include <iterator>
#include <new>

#include "base/check.h"

namespace cb::io::testing {

// Lies before the real file in the memory that SQLite gives for it.
struct FaultyDisk::File {
  sqlite3_file base;
  FaultyDisk* disk;
  Content* content;  // null for a file without a name

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
};

namespace {

constexpr const char* kName = "faulty";

void apply(std::string& content, std::int64_t offset, const std::string& bytes, bool truncate) {
  const auto at = static_cast<std::size_t>(offset);
  if (truncate) return content.resize(at);
  if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
  content.replace(at, bytes.size(), bytes);
}

}  // namespace

FaultyDisk::FaultyDisk() : vfs_(*sqlite3_vfs_find(nullptr)), real_(sqlite3_vfs_find(nullptr)) {
  vfs_.zName = kName;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&vfs_);
}

void FaultyDisk::fail(int code, std::uint64_t first, std::uint64_t last) {
  code_ = code;
  first_ = operations_ + first;
  last_ = last == kForEver ? kForEver : operations_ + last;
}

int FaultyDisk::operation() {
  const auto number = operations_++;
  return number >= first_ && number < last_ ? code_ : SQLITE_OK;
}

std::map<std::string, std::string> FaultyDisk::after_power_cut(Prng& prng) const {
  std::map<std::string, std::string> out;
  for (const auto& [name, content] : files_) {
    std::string bytes = content.durable;
    for (const Write& write : content.since) {
      if (prng.chance(30)) continue;
      const bool torn = prng.chance(20);
      apply(bytes, write.offset,
            torn ? write.bytes.substr(0, prng.below(write.bytes.size())) : write.bytes,
            write.truncate);
    }
    out[name.substr(name.rfind('/') + 1)] = bytes;
  }
  return out;
}

int FaultyDisk::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* memory, int flags,
                     int* out) {
  // The registered copy is a member of the disk, at its start.
  auto& disk = *reinterpret_cast<FaultyDisk*>(vfs);
  auto* file = new (memory) File{{nullptr}, &disk, nullptr};
  if ((flags & SQLITE_OPEN_CREATE) != 0 && disk.operation() != SQLITE_OK) return SQLITE_CANTOPEN;
  if (name != nullptr && !disk.files_.contains(name)) {
    std::ifstream in(name, std::ios::binary);
    disk.files_[name].durable.assign(std::istreambuf_iterator<char>(in), {});
  }
  if (name != nullptr) file->content = &disk.files_[name];
  const int code = disk.real_->xOpen(disk.real_, name, file->real(), flags, out);
  if (code == SQLITE_OK) file->base.pMethods = &methods();
  return code;
}

int FaultyDisk::remove(sqlite3_vfs* vfs, const char* name, int sync_dir) {
  auto& disk = *reinterpret_cast<FaultyDisk*>(vfs);
  if (const int code = disk.operation(); code != SQLITE_OK) return code;
  disk.files_.erase(name);
  return disk.real_->xDelete(disk.real_, name, sync_dir);
}

int FaultyDisk::write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  File& f = File::of(file);
  if (const int code = f.disk->operation(); code != SQLITE_OK) return code;
  if (f.content != nullptr) {
    const auto* from = static_cast<const char*>(bytes);
    f.content->since.push_back({offset, std::string(from, static_cast<std::size_t>(size)), false});
  }
  return f.real()->pMethods->xWrite(f.real(), bytes, size, offset);
}

int FaultyDisk::truncate(sqlite3_file* file, sqlite3_int64 size) {
  File& f = File::of(file);
  if (const int code = f.disk->operation(); code != SQLITE_OK) return code;
  if (f.content != nullptr) f.content->since.push_back({size, {}, true});
  return f.real()->pMethods->xTruncate(f.real(), size);
}

int FaultyDisk::sync(sqlite3_file* file, int flags) {
  File& f = File::of(file);
  if (const int code = f.disk->operation(); code != SQLITE_OK) return code;
  if (f.content != nullptr) {
    for (const Write& write : f.content->since) {
      apply(f.content->durable, write.offset, write.bytes, write.truncate);
    }
    f.content->since.clear();
  }
  return f.real()->pMethods->xSync(f.real(), flags);
}

int FaultyDisk::map_index(sqlite3_file* file, int page, int size, int extend, volatile void** out) {
  File& f = File::of(file);
  if (extend != 0) {
    if (const int code = f.disk->operation(); code != SQLITE_OK) return code;
  }
  return f.real()->pMethods->xShmMap(f.real(), page, size, extend, out);
}

// Everything else goes straight on to the real file.
const sqlite3_io_methods& FaultyDisk::methods() {
  using F = sqlite3_file*;
  static const auto real = [](F f) { return File::of(f).real(); };
  static const auto on = [](F f) { return File::of(f).real()->pMethods; };
  static const sqlite3_io_methods methods{
      .iVersion = 2,
      .xClose = [](F f) { return on(f)->xClose(real(f)); },
      .xRead = [](F f, void* to, int size,
                  sqlite3_int64 at) { return on(f)->xRead(real(f), to, size, at); },
      .xWrite = write,
      .xTruncate = truncate,
      .xSync = sync,
      .xFileSize = [](F f, sqlite3_int64* size) { return on(f)->xFileSize(real(f), size); },
      .xLock = [](F f, int how) { return on(f)->xLock(real(f), how); },
      .xUnlock = [](F f, int how) { return on(f)->xUnlock(real(f), how); },
      .xCheckReservedLock = [](F f, int* out) { return on(f)->xCheckReservedLock(real(f), out); },
      .xFileControl = [](F f, int what,
                         void* with) { return on(f)->xFileControl(real(f), what, with); },
      .xSectorSize = [](F f) { return on(f)->xSectorSize(real(f)); },
      .xDeviceCharacteristics = [](F f) { return on(f)->xDeviceCharacteristics(real(f)); },
      .xShmMap = map_index,
      .xShmLock = [](F f, int at, int count,
                     int how) { return on(f)->xShmLock(real(f), at, count, how); },
      .xShmBarrier = [](F f) { on(f)->xShmBarrier(real(f)); },
      .xShmUnmap = [](F f, int remove) { return on(f)->xShmUnmap(real(f), remove); },
      .xFetch = nullptr,
      .xUnfetch = nullptr,
  };
  return methods;
}

}  // namespace cb::io::testing
