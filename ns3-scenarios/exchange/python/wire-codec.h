// SPDX-License-Identifier: GPL-2.0-only
// Usual messages of the ns3-gym wire for Python: one pair of spaces, no message classes.
#ifndef SLICEBED_WIRE_CODEC_H
#define SLICEBED_WIRE_CODEC_H

#include "exchange/python/numpy-tools.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slicebed
{

/** Makes numpy ready for use by this codec; to be called once, first. */
void ImportNumpyForWire();

/** One space, and how its values look on the wire: floats, doubles and choices. */
class WireSpace
{
  public:
    /** @throws ProtocolError if there are other numbers in it */
    explicit WireSpace(const Space& space, const std::string& name = "");

    /**
     * Reads a DataContainer in the form that protobuf writes.
     * @return the value; nothing if there is anything unusual about the bytes
     */
    std::optional<nanobind::object> Read(std::string_view bytes) const;

    /**
     * Appends a DataContainer; elements of type double are sent as float.
     * @return false if the value is no array of this shape and dtype, or the like
     */
    bool Write(nanobind::handle value, std::string& out) const;

  private:
    enum class Kind : char
    {
        DISCRETE = 1, // SpaceType
        BOX = 2,
        TUPLE = 3,
        DICT = 4
    };

    std::optional<nanobind::object> ReadBox(std::string_view body) const;
    std::optional<nanobind::object> ReadChoice(std::string_view body) const;
    std::optional<nanobind::object> ReadElements(std::string_view body) const;
    bool WriteBox(nanobind::handle value, std::string& body) const;
    bool WriteChoice(nanobind::handle value, std::string& body) const;
    bool WriteElements(nanobind::handle value, std::string& body) const;

    Kind m_kind{Kind::BOX};
    std::string m_name;                   //!< inside a Dict
    std::string m_url;                    //!< of what the container's Any holds
    bool m_isDouble{false};               //!< of a Box
    std::vector<uint32_t> m_shape;        //!< likewise
    std::string m_packedShape;            //!< likewise, as the wire has it
    size_t m_count{1};                    //!< its elements
    int32_t m_choices{0};                 //!< of a Discrete
    std::vector<WireSpace> m_elements;    //!< of a Tuple or Dict
    std::vector<nanobind::object> m_keys; //!< of a Dict
};

} // namespace slicebed

#endif // SLICEBED_WIRE_CODEC_H
