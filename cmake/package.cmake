# The Debian package: `cpack --config build/release/CPackConfig.cmake`. What it needs of libraries is found by
# dpkg-shlibdeps; packaging/stage.cmake adds what only a package has.
# Units of systemd are installed by `cmake --install` too, with the path of the program in them.
file(READ ${PROJECT_SOURCE_DIR}/packaging/systemd/hardening.conf RUAD_HARDENING)
foreach(unit ruad.service ruad-import.service)
  configure_file(${PROJECT_SOURCE_DIR}/packaging/systemd/${unit}.in ${PROJECT_BINARY_DIR}/systemd/${unit} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/systemd/${unit} DESTINATION lib/systemd/system)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/packaging/systemd/ruad-import.timer ${PROJECT_SOURCE_DIR}/packaging/systemd/ruad.socket
  DESTINATION lib/systemd/system)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME ruad.conf)
configure_file(${PROJECT_SOURCE_DIR}/packaging/debian/postinst.in ${PROJECT_BINARY_DIR}/debian/postinst @ONLY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "ruad")
set(CPACK_PACKAGE_CONTACT "The ruad authors <ruad@ruad.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/stage.cmake)
set(CPACK_RUAD_PACKAGING ${PROJECT_SOURCE_DIR}/packaging)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, libsqlite3-0 (>= 3.38), publicsuffix, ca-certificates, init-system-helpers (>= 1.54)")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Receivers of mail send DMARC aggregate reports to the rua= address of a
domain. ruad reads that mailbox (IMAP, POP3, maildir, mbox, files), computes
the DMARC verdict of every record itself, keeps the history in one SQLite
file, and serves a dashboard, a JSON API and monitoring. It tells who sends
as a domain, what passes, what fails and why, and what to change before
p=reject.

The package runs the dashboard as a service on 127.0.0.1:8425.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/debian/postinst
  ${PROJECT_SOURCE_DIR}/packaging/debian/prerm ${PROJECT_SOURCE_DIR}/packaging/debian/postrm
  ${PROJECT_SOURCE_DIR}/packaging/debian/conffiles)
include(CPack)
