# Finds ns-3 and makes its imported targets usable.
#
# ns-3 comes from -Dns3_DIR=<folder with ns3Config.cmake>, or from the PyPI wheel `ns3` of the
# Python that drives the build. The wheel's exported targets name include folders and libraries of
# the machine that built it; those that do not exist here are dropped and the wheel's own kept.

# find_package() below writes ns3_DIR to the cache: in a second run it is no longer the user's word.
if(NOT ns3_DIR OR SLICEBED_NS3_FROM_WHEEL)
  set(SLICEBED_NS3_FROM_WHEEL TRUE CACHE INTERNAL "ns-3 is the wheel of the Python that builds")
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -c
            "import importlib.util as u; print(u.find_spec('ns3').submodule_search_locations[0])"
    OUTPUT_VARIABLE slicebed_ns3_wheel
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE slicebed_ns3_missing
    ERROR_QUIET)
  if(slicebed_ns3_missing)
    message(FATAL_ERROR "ns-3 not found: 'pip install ns3==3.44.post0', or give -Dns3_DIR=<folder of "
                        "ns3Config.cmake>")
  endif()
  set(ns3_DIR "${slicebed_ns3_wheel}/lib64/cmake/ns3")
endif()
find_package(ns3 3.44 REQUIRED CONFIG)

# The modules that our code links; each drags in what it needs.
set(SLICEBED_NS3_MODULES
    ns3::core ns3::network ns3::internet ns3::point-to-point ns3::mobility ns3::propagation
    ns3::spectrum ns3::antenna ns3::lte ns3::traffic-control ns3::virtual-net-device
    ns3::applications)

get_target_property(slicebed_ns3_core ns3::core IMPORTED_LOCATION_RELEASE)
if(NOT slicebed_ns3_core)
  get_target_property(slicebed_ns3_core ns3::core LOCATION)
endif()
get_filename_component(SLICEBED_NS3_LIBDIR "${slicebed_ns3_core}" DIRECTORY)

get_property(slicebed_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target IN LISTS slicebed_targets)
  if(NOT target MATCHES "^ns3::")
    continue()
  endif()
  get_target_property(includes ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set(existing "")
  foreach(dir IN LISTS includes)
    # /usr/include as -isystem would hide libstdc++'s own wrappers.
    if(EXISTS "${dir}" AND NOT dir STREQUAL "/usr/include" AND NOT dir MATCHES "^/usr/local")
      list(APPEND existing "${dir}")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${existing}")
  get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
  if(libraries)
    list(FILTER libraries EXCLUDE REGEX "^/(usr/)?lib64/")
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
  endif()
endforeach()
message(STATUS "ns-3 ${ns3_VERSION} in ${SLICEBED_NS3_LIBDIR}")
