/* A file of authorities as people keep them: a certificate (valid for a century, its key is lost), and words around it. */
#ifndef SANSANG_TESTS_CERTIFICATE_H
#define SANSANG_TESTS_CERTIFICATE_H

static const char vault_test_pem[] = "chatter before\n"
                                     "-----BEGIN CERTIFICATE-----\n"
                                     "MIIBhzCCAS2gAwIBAgIUJMlLenN5aCX2ZwCI930lwlMDOh4wCgYIKoZIzj0EAwIw\n"
                                     "GDEWMBQGA1UEAwwNQSBDQSBvZiB0ZXN0czAgFw0yNjExMjQwMDA4MzRaGA8yMTI2\n"
                                     "MTAzMTAwMDgzNFowGDEWMBQGA1UEAwwNQSBDQSBvZiB0ZXN0czBZMBMGByqGSM49\n"
                                     "AgEGCCqGSM49AwEHA0IABK52nQRnkqKTqlTawIMLwR7GEayKH0Xv47JoRvMsZc7W\n"
                                     "bitL4VFdepteUqRynw3Q5kn2Ms5/weOTnHWoU9tJZtyjUzBRMB0GA1UdDgQWBBQb\n"
                                     "GOZTbD7tqHAlEEKkf6F12UlKhjAfBgNVHSMEGDAWgBQbGOZTbD7tqHAlEEKkf6F1\n"
                                     "2UlKhjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDHZw9XJKZO\n"
                                     "zg9iIFVCNDAc/8DeqxJbccMCbXK9WhJ32QIgWJ7qT79VfDkLrgtBc6RJqYnhfvvT\n"
                                     "wR/7PEQXrY5fEzk=\n"
                                     "-----END CERTIFICATE-----\n"
                                     "chatter behind\n";

#endif
