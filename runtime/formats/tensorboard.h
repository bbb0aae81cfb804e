#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace orrery {

/// What TensorBoard shows of one tag at one step.
struct TensorboardEvent {
  struct Text {
    std::string text;  ///< Markdown, UTF-8
  };
  struct Picture {
    std::int64_t width = 0;
    std::int64_t height = 0;
    std::string bytes;  ///< a PNG or JPEG file
  };
  double time = 0;  ///< seconds since 1970-01-01T00:00:00Z
  std::int64_t step = 0;
  std::string tag;
  std::variant<float, Text, Picture> value;
};

/// An event file as TensorBoard reads it: TFRecords of protocol buffers, first one that tells the version.
/// Such a file's name has `tfevents` in it. `begun`: when it was begun, in seconds as above.
/// Sources: tensorflow/core/lib/io/record_writer.h (framing), core/lib/hash/crc32c.h (masking),
/// core/util/event.proto, core/framework/summary.proto, tensor.proto, tensor_shape.proto (fields), and
/// tensorboard/plugins/text/metadata.py (how texts are marked).
std::string tensorboard_file(double begun, std::span<const TensorboardEvent> events);

/// The checksum of RFC 3720 (Castagnoli's polynomial 0x1EDC6F41).
std::uint32_t crc32c(std::string_view bytes);

}  // namespace orrery
